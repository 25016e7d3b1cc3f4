"""Playing the day on a running router, and what can be learned from its topics meanwhile."""
