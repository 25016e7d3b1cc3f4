"""TODO: channels."""
