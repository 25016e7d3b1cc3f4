"""Validation of webhooks' URLs, and signatures of calls."""

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from hashlib import sha256
from ipaddress import ip_address
from urllib.parse import urlsplit

from shared.network_addresses import Address, Network, is_allowed

MAX_URL = 2_048
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?\.?")
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")


def url_error(url: str, allow: Sequence[Network]) -> str | None:
    """Return the fault of a webhook's URL as a sentence, or None.

    An address must be public or in an allowed network; a name is resolved and checked at each call.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return "Write a URL such as https://bureau.example/hook."
    address, encrypted = _address(host), parts.scheme == "https"
    is_plain = url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)
    checks = (
        (len(url) <= MAX_URL, f"Write at most {MAX_URL} characters."),
        (is_plain, "Write ASCII without white space and backslashes; names in their xn-- form."),
        (parts.scheme in ("https", "http"), "Write an https URL."),
        ("@" not in parts.netloc and "#" not in url, "Write no user, password and fragment."),
        (
            address is not None or _is_name(host),
            "Write a host name, or an address as four decimal numbers or in square brackets.",
        ),
        (encrypted or address is not None, "Write an https URL."),
        (
            address is None or is_allowed(address, allow, encrypted=encrypted),
            "Webhooks may not connect to this address.",
        ),
    )
    return next((advice for is_right, advice in checks if not is_right), None)


def _address(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _is_name(host: str) -> bool:
    """Return True for a name; False where a resolver could read it as an address."""
    last = host.rstrip(".").rpartition(".")[2]
    return bool(_HOST.fullmatch(host)) and not _NUMBER.fullmatch(last)


PREFIX = "whsec_"


def secret_of(key: bytes) -> str:
    """Return a key as a secret: ``whsec_`` and base64."""
    return PREFIX + b64encode(key).decode()


def is_secret(text: str) -> bool:
    """Return True for a secret: ``whsec_`` and base64."""
    try:
        key = b64decode(text.removeprefix(PREFIX), validate=True)
    except ValueError:
        return False
    return text.startswith(PREFIX) and bool(key)


def signature(secrets: Sequence[str], event_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature`` by each secret, for a time in Unix seconds."""
    signed = f"{event_id}.{timestamp}.".encode() + body
    keys = [b64decode(secret.removeprefix(PREFIX)) for secret in secrets]
    macs = [hmac.digest(key, signed, sha256) for key in keys]
    return " ".join(f"v1,{b64encode(mac).decode()}" for mac in macs)
