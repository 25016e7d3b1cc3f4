"""``route311 routing``: the routing rules of a city, explained, checked and as a table."""
