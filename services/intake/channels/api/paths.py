"""Paths of the routes on which adapters submit, other than pictures and Open311."""

SUBMISSIONS = "/v1/submissions"
BULK = f"{SUBMISSIONS}/bulk"
PREVIEW = f"{SUBMISSIONS}/preview"
NOTES = "/v1/requests/{tracking_number}/notes"
