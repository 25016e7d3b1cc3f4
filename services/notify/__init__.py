"""Notify: sends reporters the progress of their requests, once each, in their own language.

Consumes ``intake-contacts``, ``intake-mail-returns``, ``triage-decisions`` and ``dispatch-cases``,
in any order; produces ``notify-deliveries``, ``notify-feedback``, e-mail over SMTP, and text
messages through a provider's HTTP interface; owns the PostgreSQL schema ``notify`` with contacts,
consents, preferences, the followers and the lead of each case, and the deliveries made to them.
"""
