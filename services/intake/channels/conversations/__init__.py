"""Shared parts of conversations by text message and e-mail."""
