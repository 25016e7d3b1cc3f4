"""The bureaus' API: the feed of their work orders, updates and pictures."""
