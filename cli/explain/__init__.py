"""``route311 triage explain``: why a request was decided as it was."""
