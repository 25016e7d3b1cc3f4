"""Tells people what becomes of their requests, each once, in their own language.

Consumes intake-contacts, triage-decisions and dispatch-cases, in any order.
Produces notify-deliveries, and e-mail by SMTP.
Owns who follows which case, and what was said to whom.
"""
