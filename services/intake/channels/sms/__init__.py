"""SMS in: conversations by text message, through a gateway with Twilio's interface."""
