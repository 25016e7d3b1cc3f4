"""Addresses of media: without what tells of a person."""

from collections.abc import Callable
from urllib.parse import unquote_plus, urlsplit, urlunsplit


def redact_url(
    url: str, holds_contact: Callable[[str], bool], path_holds_contact: Callable[[str], bool]
) -> str | None:
    """Return an address without user info and without contact data; None where nothing is left.

    A parameter of the query, a part of the path or a fragment with contact data is left out. What
    has none keeps its bytes, since an address may be signed.

    Args:
        url: The address.
        holds_contact: Returns True for a text with contact data.
        path_holds_contact: The same for a part of a path, where long numbers are mostly ids.
    """
    try:
        parts = urlsplit(url)
    except ValueError:  # such as a host in brackets that is no IPv6 address
        return None
    host = parts.netloc.rpartition("@")[2]
    segments = parts.path.split("/")
    kept = [s for s in segments if not path_holds_contact(unquote_plus(s))]
    pairs = parts.query.split("&")
    harmless = [pair for pair in pairs if not holds_contact(unquote_plus(pair))]
    fragment = "" if holds_contact(unquote_plus(parts.fragment)) else parts.fragment
    if (host, kept, harmless, fragment) == (parts.netloc, segments, pairs, parts.fragment):
        return url
    path = "/".join(kept)
    if not host:
        return None
    if not path.startswith("/"):
        path = f"/{path}"
    return urlunsplit((parts.scheme, host, path, "&".join(harmless), fragment))
