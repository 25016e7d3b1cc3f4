"""TODO: acceptance."""
