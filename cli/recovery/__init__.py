"""``route311 dlq`` and ``route311 republish``: an operator's way back from trouble."""
