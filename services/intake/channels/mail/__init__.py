"""E-mail in: an SMTP listener, and conversations by e-mail."""
