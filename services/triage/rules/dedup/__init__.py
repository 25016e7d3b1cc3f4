"""Deduplication: find candidate cases and decide which of them a report repeats."""
