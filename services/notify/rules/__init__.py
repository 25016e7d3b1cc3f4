"""Rules of notify: pure functions without database, clock or mail server."""
