"""E-mail: its sender and its signature."""
