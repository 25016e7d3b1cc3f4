"""``route311 triage``: evaluation and training on the command line."""
