"""What the log and the tables say, boiled down to facts that queries can join."""
