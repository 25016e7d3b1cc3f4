"""Normalization of free text."""

import re
import unicodedata

from shared.text_matching.folding import limit_marks

_LINE_END = re.compile(r"\r\n?")
# Control characters, and those that reorder the text around them on a screen.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def normalize_text(text: str) -> str:
    """Return the text in NFC, without control characters and surrounding blanks; idempotent.

    Tabs stay, and every line ends with a newline. Bidirectional embeddings, overrides and isolates
    go, so that a text never changes how its neighbours look; letters of any script keep their
    direction. A letter has at most 30 combining marks.
    """
    text = text.strip()
    if text.isprintable():
        return text if text.isascii() else unicodedata.normalize("NFC", limit_marks(text))
    text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    return unicodedata.normalize("NFC", limit_marks(text)).strip()


def normalize_or_none(text: str | None) -> str | None:
    """Return the normalized text, or None when nothing is left of it."""
    return (normalize_text(text) or None) if text else None


def split_text(text: str, limit: int) -> list[str]:
    """Split a text into parts of at most ``limit`` characters, at word boundaries if possible."""
    parts = []
    while len(text) > limit:
        end = max(text.rfind(blank, 0, limit) for blank in " \n") + 1 or limit
        parts.append(text[:end].rstrip())
        text = text[end:]
    return [*parts, text]


_TAG = re.compile(r"[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*", re.ASCII)


def is_language_tag(text: str) -> bool:
    """Return True when a text has the form of a BCP 47 tag, such as ``es`` or ``zh-Hans``."""
    return _TAG.fullmatch(text) is not None
