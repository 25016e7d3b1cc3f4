"""Handlers: apply a batch of decisions, updates, commands, notes and feedback to cases."""
