"""TODO: email."""
