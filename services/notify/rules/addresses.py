"""Rule: where a message can go, and how the same person is known again without an address."""

import hmac
import re
from unicodedata import normalize

_LOCAL_PART = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_MAX_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
_MAX_ADDRESS = 254  # RFC 5321, 4.5.3.1.3, less the angle brackets
_REFERENCE_DIGITS = 32


def mailbox(email: str | None) -> str | None:
    """Return the address as an envelope takes it, or None when nothing can be sent there.

    Taken are plain addresses of one person at a domain with a dot; the domain of any script goes
    out in its ASCII form. Names, lists, quoted parts and local parts beyond ASCII are not.
    """
    local_part, at, domain = normalize("NFC", email or "").strip().rpartition("@")
    if not (at and _LOCAL_PART.fullmatch(local_part) and len(local_part) <= _MAX_LOCAL_PART):
        return None
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    address = f"{local_part}@{domain}"
    return address if _DOMAIN.fullmatch(domain) and len(address) <= _MAX_ADDRESS else None


def person_of(key: bytes, *, address: str | None, phone: str | None, request_id: str) -> str:
    """Return the keyed hash that stands for a person wherever no address may.

    The same mailbox gives the same hash in whatever case it is written; without one the phone
    number tells people apart, and without that each request is a person of its own.

    Args:
        key: The secret; without it the hash cannot be tried out.
        address: What ``mailbox`` returned.
        phone: In E.164.
        request_id: The request that the contact belongs to.
    """
    if address:
        named = f"email:{address.lower()}"
    elif phone:
        named = f"phone:{phone}"
    else:
        named = f"request:{request_id}"
    return hmac.digest(key, named.encode(), "sha256").hex()[:_REFERENCE_DIGITS]
