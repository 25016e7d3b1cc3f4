"""Addresses of media: without what tells of a person."""

from collections.abc import Callable, Sequence
from urllib.parse import unquote_plus, urlsplit, urlunsplit

_MOST_PARTS = 20  # of a path or query that are looked at one by one


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
    segments, pairs = parts.path.split("/"), parts.query.split("&")
    kept = _harmless(segments, path_holds_contact)
    harmless = _harmless(pairs, holds_contact)
    [fragment] = _harmless([parts.fragment], holds_contact) or [""]
    if (host, kept, harmless, fragment) == (parts.netloc, segments, pairs, parts.fragment):
        return url
    if not host:
        return None
    path = "/".join(kept)
    if not path.startswith("/"):
        path = f"/{path}"
    return urlunsplit((parts.scheme, host, path, "&".join(harmless), fragment))


def _harmless(parts: Sequence[str], holds_contact: Callable[[str], bool]) -> Sequence[str]:
    """Return the parts without those that hold contact data; of very many, all or none."""
    decoded = [unquote_plus(part) for part in parts]
    if not holds_contact("\n".join(decoded)):
        return parts
    if len(parts) > _MOST_PARTS:
        return []
    return [part for part, text in zip(parts, decoded, strict=True) if not holds_contact(text)]
