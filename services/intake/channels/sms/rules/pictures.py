"""Pictures of text messages: which addresses are fetched, and when again."""

from collections.abc import Collection
from datetime import timedelta
from urllib.parse import urljoin, urlsplit

MAX_REDIRECTS = 2
# Pictures of one message that are read, as many as Twilio delivers.
MAX_PICTURES = 10
_MAX_URL = 2_048
_RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
MAX_TRIES = len(_RETRY_AFTER) + 1
# A picture may be there later, such as one that the gateway still stores.
_TEMPORARY = frozenset({404, 408, 425, 429})


def is_fetchable(url: str, hosts: Collection[str]) -> bool:
    """Return True for an address that may be fetched, if that of its host may."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    is_web = parts.scheme in ("https", "http")
    return is_plain(url) and is_web and host in hosts and "@" not in parts.netloc


def is_plain(url: str) -> bool:
    """Return True for a text that can be an address: ASCII without white space, not too long."""
    is_visible = url.isascii() and url.isprintable() and not {" ", "\\"} & set(url)
    return is_visible and 0 < len(url) <= _MAX_URL


def redirected(url: str, location: str) -> str:
    """Return the address that a redirect leads to; empty for one that cannot be read."""
    try:
        return urljoin(url, location) if location else ""
    except ValueError:
        return ""


def is_same_host(url: str, other: str) -> bool:
    """Return True when two addresses have scheme, host and port in common."""
    return urlsplit(url)[:2] == urlsplit(other)[:2]


def is_temporary(status: int) -> bool:
    """Return True for the status of an answer after which a picture is worth another try."""
    return status in _TEMPORARY or status >= 500  # noqa: PLR2004 - errors of the server


def retry_after(tries: int) -> timedelta:
    """Return how long to wait after the last of so many tries."""
    return _RETRY_AFTER[min(tries, len(_RETRY_AFTER)) - 1]
