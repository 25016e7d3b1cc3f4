"""Triage's tables: cases, decisions, surges, and the splits that operators ordered."""
