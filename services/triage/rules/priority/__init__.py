"""Priority of a report: its kind, the conditions it states, and its context."""
