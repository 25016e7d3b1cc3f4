"""``route311 check``: the invariants of a running router."""
