"""Intake: accepts submissions, validates and numbers them, and answers each with a receipt.

Consumes ``channel-submissions``, and for the public status ``triage-decisions`` and
``dispatch-cases``; produces ``intake-receipts``, ``intake-requests``,
``intake-requests-express``, ``intake-contacts`` and ``intake-mail-returns``; owns the PostgreSQL
schema ``intake`` with tracking numbers, receipts and the public status of each request.
"""
