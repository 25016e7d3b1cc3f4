"""Triage decides what a request is: a new problem, one that is known, or not the city's.

Consumes ``intake-requests``, ``intake-requests-express`` and ``dispatch-closings``; produces
``triage-decisions``; owns the PostgreSQL schema ``triage``.
"""
