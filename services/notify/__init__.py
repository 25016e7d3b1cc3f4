"""Notify: sends reporters the progress of their requests, once each, in their own language.

Consumes ``intake-contacts``, ``triage-decisions`` and ``dispatch-cases``, in any order; produces
``notify-deliveries``, ``notify-feedback``, e-mail over SMTP, and text messages through a provider's
HTTP interface; owns the PostgreSQL schema ``notify`` with contacts, consents, the followers of each
case, and the deliveries made to them.
"""
