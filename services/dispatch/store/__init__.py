"""Dispatch's tables: cases, work orders, updates and commands."""
