"""``route311 dlq``: list, show and replay dead letters."""
