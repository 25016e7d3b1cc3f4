"""``route311 erase``: remove what is kept of a person."""
