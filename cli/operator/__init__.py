"""``route311 operator``: commands of operators, from a terminal."""
