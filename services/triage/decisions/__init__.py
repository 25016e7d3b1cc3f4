"""TODO: decisions."""
