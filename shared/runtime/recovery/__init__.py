"""Disaster recovery: replay of dead letters, and republishing of the outbox."""
