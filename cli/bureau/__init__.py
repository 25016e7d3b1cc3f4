"""``route311 bureau``: the ways in which bureaus get their work."""
