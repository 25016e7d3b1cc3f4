"""Triage: decides each request as new, duplicate, recurrence, referral or answered question.

Consumes ``intake-requests``, ``intake-requests-express``, ``dispatch-closings`` and
``triage-surges``; produces ``triage-decisions``, ``triage-decisions-express`` and
``triage-report-counts``; owns the PostgreSQL schema ``triage``. The surge watcher
(``services.triage.surges``) is a second process, from ``triage-report-counts`` to
``triage-surges``.
"""
