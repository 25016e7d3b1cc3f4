"""Rules of intake: pure functions without events, drivers or a clock."""
