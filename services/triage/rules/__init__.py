"""What triage decides by: the same problem or another, how urgent, whose."""
