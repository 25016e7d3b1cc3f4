"""How text is tidied before anybody else sees it."""

import re
import unicodedata

_LINE_END = re.compile(r"\r\n?")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def normalize_text(text: str) -> str:
    """Return the text in NFC, without control characters and without blanks around it.

    Tabs stay and every line ends with a newline; all else is the writer's own. Cleaning a clean
    text changes nothing.
    """
    text = text.strip()
    if text.isprintable():
        return text if text.isascii() else unicodedata.normalize("NFC", text)
    text = _CONTROL.sub("", _LINE_END.sub("\n", text))
    return unicodedata.normalize("NFC", text).strip()


def normalize_or_none(text: str | None) -> str | None:
    """Return the text as ``clean`` does; None where nothing is left of it."""
    return (normalize_text(text) or None) if text else None
