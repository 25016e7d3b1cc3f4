"""Callbacks of an SMS gateway with Twilio's interface: form fields and signature.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable

from aiohttp import web

from shared.runtime.http.body import urlencoded_fields

SIGNATURE = "X-Twilio-Signature"

# A text of 4,000 characters of twelve encoded bytes each, and the other fields.
MAX_CALLBACK_BYTES = 64 * 1024

_MAX_FIELDS = 500


def sign(token: bytes, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return the ``X-Twilio-Signature`` for the URL, query included; equal pairs count once."""
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(token, signed.encode(errors="surrogateescape"), "sha1")).decode()


def is_signed(token: bytes, url: str, fields: Iterable[tuple[str, str]], signature: str) -> bool:
    """Return True when the signature is valid."""
    given = signature.encode(errors="surrogateescape")
    return hmac.compare_digest(sign(token, url, fields).encode(), given)


def signed_fields(
    request: web.Request, body: bytes, tokens: Iterable[bytes], url: str
) -> dict[str, str] | None:
    """Return the fields of a callback; None unless one of the secrets signed it."""
    try:
        pairs = urlencoded_fields(body, _MAX_FIELDS)
    except ValueError:
        return None
    signature = request.headers.get(SIGNATURE, "")
    return dict(pairs) if any(is_signed(one, url, pairs, signature) for one in tokens) else None
