"""Insight's tables in PostgreSQL."""
