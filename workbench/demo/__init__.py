"""``route311 demo``: a simulated day of a city on a real router."""
