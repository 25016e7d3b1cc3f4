"""Twilio's signature of a callback: HMAC-SHA1 over the URL and the sorted fields.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable


def sign(token: bytes, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Return the value of the header ``X-Twilio-Signature``.

    Args:
        token: The account's secret.
        url: The URL that the gateway calls, as it was set up there, query included.
        fields: Names and values of the form; equal pairs count once.
    """
    signed = url + "".join(name + value for name, value in sorted(set(fields)))
    return b64encode(hmac.digest(token, signed.encode(), "sha1")).decode()


def is_signed(token: bytes, url: str, fields: Iterable[tuple[str, str]], signature: str) -> bool:
    """Return True when a signature is right.

    Args:
        token: As for ``sign``.
        url: As for ``sign``.
        fields: As for ``sign``.
        signature: The header of the call; empty without one.
    """
    return hmac.compare_digest(sign(token, url, fields).encode(), signature.encode())
