"""Links in texts for the public: addresses of foreign sites become plain text."""

import re
from collections.abc import Collection

from shared.redaction.word_lists import LINK_ENDINGS

_LINK = re.compile(
    r"(?<![\w@.])(?:(?P<scheme>[a-z][a-z0-9+.-]{1,20})://|https?:(?!//)|//|(?=www\.))"
    r"(?P<rest>[^\s<>\"'\u201d\u2019)\]]{1,2000}+)"
    r"|(?<![\w@.])(?:mailto|tel|sms|javascript|data|vbscript):(?P<opaque>[^\s<>]{1,2000}+)"
    r"|(?<![\w@.])(?P<bare>(?:[\w-]{1,63}\.){1,5}(?P<tld>xn--[a-z0-9-]{1,59}|[^\W\d_]{2,12})\b"
    r"(?P<path>/[^\s<>]{0,2000}+)?)",
    re.IGNORECASE,
)
_HOST = re.compile(r"(?:[^/?#\\@]{0,200}@)?([^/?#\\:]{0,253})")
_TRAILING = ".,;:!?"
_REMOVED_LINK = "[link removed]"


def without_links(text: str, own_domains: Collection[str]) -> str:
    """Return the text with each link to a foreign site as the name of the site, unclickable.

    ``https://evil.example/x`` becomes ``evil[.]example``. A link to one of ``own_domains`` (lower
    case), or to a part of it, stays.
    """

    def shown(match: re.Match[str]) -> str:
        if match["opaque"]:
            return _REMOVED_LINK
        if match["bare"]:
            if not (match["path"] or _is_link_ending(match["tld"])):
                return match.group()
            address = match["bare"]
        else:
            address = match["rest"]
        found = _HOST.match(address)
        host = found[1].rstrip(_TRAILING).lower() if found else ""
        is_web = (match["scheme"] or "https").lower() in ("http", "https")
        if is_web and _is_own(host, own_domains) and "@" not in address and "\\" not in address:
            return match.group()
        kept = match.group()
        tail = kept[len(kept.rstrip(_TRAILING)) :]
        return (host.replace(".", "[.]") or _REMOVED_LINK) + tail

    return _LINK.sub(shown, text)


def _is_link_ending(tld: str) -> bool:
    if tld.startswith("xn--") or not (tld.isascii() or tld[0].isupper()):
        return True
    return tld.lower() in LINK_ENDINGS


def _is_own(host: str, own_domains: Collection[str]) -> bool:
    return any(host == domain or host.endswith(f".{domain}") for domain in own_domains)
