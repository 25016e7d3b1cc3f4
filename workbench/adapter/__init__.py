"""``route311 adapter``: help for those who write adapters."""
