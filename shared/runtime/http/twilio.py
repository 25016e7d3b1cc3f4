"""Callbacks of an SMS gateway with Twilio's interface: the form, and whether the gateway signed it.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable

from aiohttp import web

from shared.runtime.http.body import urlencoded_fields

SIGNATURE = "X-Twilio-Signature"
MAX_CALLBACK_BYTES = 64 * 1024
"""A text of 4,000 characters, each of them encoded in twelve bytes, and the other fields."""
_MAX_FIELDS = 500


def sign(token: bytes, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return the value of the header ``X-Twilio-Signature``.

    Args:
        url: The URL that the gateway calls, as it was set up there, query included.
        fields: Names and values of the form; equal pairs count once.
    """
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(token, signed.encode(errors="surrogateescape"), "sha1")).decode()


def is_signed(token: bytes, url: str, fields: Iterable[tuple[str, str]], signature: str) -> bool:
    """Return True when a signature is right.

    Args:
        token: As for ``sign``.
        url: As for ``sign``.
        fields: As for ``sign``.
        signature: The header of the call; empty without one.
    """
    given = signature.encode(errors="surrogateescape")
    return hmac.compare_digest(sign(token, url, fields).encode(), given)


def signed_fields(
    request: web.Request, body: bytes, tokens: Iterable[bytes], url: str
) -> dict[str, str] | None:
    """Return the fields of a callback; None for one that the gateway did not sign.

    Args:
        tokens: Secrets that may have signed it: while one replaces another, both.
        url: The URL that the gateway calls, query included.
    """
    try:
        pairs = urlencoded_fields(body, _MAX_FIELDS)
    except ValueError:
        return None
    signature = request.headers.get(SIGNATURE, "")
    return dict(pairs) if any(is_signed(one, url, pairs, signature) for one in tokens) else None
