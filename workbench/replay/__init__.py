"""``route311 replay``: real exports through a running router."""
