"""Dispatch gives each problem to the bureaus that can solve it and follows it to its end.

Consumes ``triage-decisions`` and every ``bureau-<code>-updates``; produces ``dispatch-cases``,
``dispatch-closings``, and per bureau ``bureau-<code>-work`` and ``bureau-<code>-receipts``; owns
the PostgreSQL schema ``dispatch``.
"""
