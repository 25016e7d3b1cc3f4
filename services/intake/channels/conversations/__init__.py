"""Deadlines and effects of conversations by text message and e-mail."""
