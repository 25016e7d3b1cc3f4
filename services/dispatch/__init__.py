"""Dispatch: opens cases, issues work orders to bureaus, and follows the work until it ends.

Consumes ``triage-decisions-express``, ``triage-decisions``, ``operator-commands`` and every
``bureau-<code>-updates``; produces ``dispatch-cases``, ``dispatch-closings``, and per bureau
``bureau-<code>-work`` and ``bureau-<code>-receipts``; owns the PostgreSQL schema ``dispatch``.
"""
