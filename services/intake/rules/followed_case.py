"""The case that a reporter chose to follow."""

from uuid import UUID

UNREADABLE = "unreadable"
"""Stands for what is no UUID: free text may hold anything, such as contact data."""


def followed_case(text: str | None) -> str | None:
    """Return the id of a case in its usual form, or None for a blank text."""
    if text is None or not text.strip():
        return None
    try:
        return str(UUID(text.strip()))
    except ValueError:
        return UNREADABLE
