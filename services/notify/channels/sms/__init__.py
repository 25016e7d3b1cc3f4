"""Text messages: their sender, and the provider's status callbacks."""
