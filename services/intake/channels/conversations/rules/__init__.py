"""Rules for texts in conversations by text message and e-mail."""
