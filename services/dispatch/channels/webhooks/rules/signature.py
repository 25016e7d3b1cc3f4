"""Signatures of webhook calls by the Standard Webhooks scheme."""

import hmac
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256

PREFIX = "whsec_"


def secret_of(key: bytes) -> str:
    """Return a key in the form in which bureaus keep it."""
    return PREFIX + b64encode(key).decode()


def is_secret(text: str) -> bool:
    """Return True for a secret in the form in which bureaus keep it."""
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(PREFIX) and bool(key)


def signature(secrets: Sequence[str], event_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``: a signature by each secret.

    Args:
        secrets: The secrets, each ``whsec_`` and base64.
        event_id: The value of ``webhook-id``.
        timestamp: The value of ``webhook-timestamp``, seconds of Unix time.
        body: The body of the call.
    """
    signed = f"{event_id}.{timestamp}.".encode() + body
    keys = [b64decode(secret.removeprefix(PREFIX)) for secret in secrets]
    macs = [hmac.digest(key, signed, sha256) for key in keys]
    return " ".join(f"v1,{b64encode(mac).decode()}" for mac in macs)
