"""``route311 erase``: erasure of a person's data."""
