"""Idempotency of submissions: a key for the identity, a hash for the content."""

import json
from hashlib import sha256
from typing import TypeAlias
from uuid import UUID

SubmissionKey: TypeAlias = tuple[bytes, bytes]
"""Idempotency key and payload hash; equal for a submission and its repeats."""

_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), check_circular=False).encode


def idempotency_key(source: str, submission_id: str) -> bytes:
    """Return 32 bytes that identify a submission by its source and id, whatever their length."""
    return sha256(f"{len(source)} {source} {submission_id}".encode()).digest()


def payload_hash(data: object) -> bytes:
    """Return 32 bytes that are the same for equal JSON data, whatever the order of the fields."""
    return sha256(_canonical(data).encode()).digest()


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
