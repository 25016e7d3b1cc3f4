"""Tables of submissions, and erasure."""
