"""Acceptance of submissions: batches in one transaction, and the preview."""
