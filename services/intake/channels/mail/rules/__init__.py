"""E-mail: what a message says, and the conversation that it belongs to."""
