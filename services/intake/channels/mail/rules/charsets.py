"""Bytes of e-mails to text, whatever charset they claim."""

import codecs
from collections.abc import Mapping
from types import MappingProxyType

_FALLBACK = "cp1252"
_WIDER: Mapping[str, str] = MappingProxyType(
    {  # as browsers read them: what programs write under these names
        "ascii": _FALLBACK,
        "iso8859-1": _FALLBACK,
        "iso8859-9": "cp1254",
        "iso8859-11": "cp874",
        "tis-620": "cp874",
        "gb2312": "gb18030",
        "gbk": "gb18030",
        "euc_kr": "cp949",
        "shift_jis": "cp932",
    }
)
_NO_CHARSETS = frozenset({"idna", "punycode", "raw-unicode-escape", "unicode-escape", "undefined"})


def decode(content: bytes, charset: str | None) -> str:
    """Return bytes as text, in the charset that they claim, or else UTF-8, or else Windows-1252."""
    name = _codec(charset)
    candidates = ("utf-8", name) if name == _FALLBACK else (name, "utf-8")
    for candidate in candidates:
        try:
            return _storable(content.decode(candidate))
        except ValueError:
            continue
    return content.decode(_FALLBACK, errors="replace")


def _codec(charset: str | None) -> str:
    try:
        info = codecs.lookup((charset or "utf-8").strip().lower())
    except (LookupError, ValueError):
        return "utf-8"
    is_charset = info._is_text_encoding and info.name not in _NO_CHARSETS  # noqa: SLF001 - no other way
    return _WIDER.get(info.name, info.name) if is_charset else "utf-8"


def _storable(text: str) -> str:
    """Return the text without lone surrogates, which nothing can store."""
    return text.encode(errors="replace").decode()
