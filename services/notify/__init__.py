"""Notifies reporters of the progress of their requests, once each, in their own language.

Consumes intake-contacts, triage-decisions and dispatch-cases, in any order.
Produces notify-deliveries, and e-mail over SMTP.
Owns contacts, the followers of each case, and the deliveries made to them.
"""
