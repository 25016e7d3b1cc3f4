"""``route311 insight``: reporting rates from any city's export."""
