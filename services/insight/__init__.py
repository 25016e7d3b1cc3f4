"""Insight: counts, times and reporting rates, folded from the topics and served to operators.

Consumes ``triage-decisions``, ``dispatch-cases``, ``notify-feedback`` and ``notify-deliveries``;
produces nothing; owns the PostgreSQL schema ``insight``.
"""
