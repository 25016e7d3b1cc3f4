"""TODO: bureau."""
