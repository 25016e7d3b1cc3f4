"""The transactional outbox, the relay that publishes it, and its pruning."""
