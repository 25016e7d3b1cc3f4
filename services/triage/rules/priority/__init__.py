"""How urgent a report is, by what it says and does not deny."""
