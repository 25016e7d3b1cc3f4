"""``route311 check``: the invariants over the log and the tables of a running router."""
