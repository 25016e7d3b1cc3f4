"""The operators' API: messages that need a person, and held ones."""
