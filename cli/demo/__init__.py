"""``route311 demo``: one day in Portland, made up, and played on the real router."""
