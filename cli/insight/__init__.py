"""``route311 insight``: reporting rates from anybody's export."""
