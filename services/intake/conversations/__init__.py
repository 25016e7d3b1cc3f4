"""What conversations by text message and e-mail have in common."""
