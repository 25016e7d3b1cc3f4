"""Decisions: one report by itself, against known cases, and again with its notes."""
