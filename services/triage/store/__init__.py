"""Triage's tables: cases, decisions, surges and operators' splits."""
