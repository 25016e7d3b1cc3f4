"""Takes submissions in: checks and numbers them, keeps the contact apart, answers at once.

Consumes channel-submissions; for the public status of requests triage-decisions, dispatch-cases.
Produces intake-receipts, intake-requests, intake-requests-express, intake-contacts.
Owns the requests' numbers, the answers to submissions and the public view of each request.
"""
