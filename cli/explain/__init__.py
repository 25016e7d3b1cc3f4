"""``route311 triage explain``: a decision with its reasons, from the log or made offline."""
