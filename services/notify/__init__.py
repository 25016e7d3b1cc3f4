"""Notify: sends reporters the progress of their requests, once each, in their own language.

Consumes ``intake-contacts``, ``triage-decisions`` and ``dispatch-cases``, in any order; produces
``notify-deliveries``, and e-mail over SMTP; owns the PostgreSQL schema ``notify`` with contacts,
the followers of each case, and the deliveries made to them.
"""
