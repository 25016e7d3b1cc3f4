"""``route311 notify``: messages to residents, for operators."""
