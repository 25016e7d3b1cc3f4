"""``route311 operator``: operators' commands from a terminal."""
