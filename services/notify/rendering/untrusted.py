"""Rule: text that others wrote, made safe for a message of the city."""

import re
from unicodedata import category, normalize

_JOINERS = {"\u200c", "\u200d"}  # they shape letters in many scripts and have no other effect
_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs"}  # Cf includes the bidi overrides
_LINK = re.compile(r"://|@|\bwww\.|[^\W_]\.[^\W\d_]{2}", re.IGNORECASE)
_NAME_MARKS = " '\u2019.-,"  # people type either apostrophe
_MAX_NAME = 60
_MAX_ADDRESS = 120


def one_line(text: str | None) -> str:
    """Return the text as one line of visible characters, in NFC.

    Such a line cannot start a paragraph or a mail header, nor reverse the text beside it.
    """
    visible = (c for c in text or "" if c.isspace() or _is_visible(c))
    return " ".join(normalize("NFC", "".join(visible)).split())


def greeting_name(name: str | None) -> str | None:
    """Return the name for the greeting, or None when it is not a plain name.

    Anyone can file a report under any name. So a name with a link, a number or the punctuation of
    an advertisement is left out: the city must not pass such text on.
    """
    line = one_line(name)
    is_plain = all(category(c)[0] in "LM" or c in _NAME_MARKS for c in line)
    has_letter = any(category(c)[0] == "L" for c in line)
    if not (is_plain and has_letter) or len(line) > _MAX_NAME or _LINK.search(line):
        return None
    return line


def safe_address(address: str | None) -> str | None:
    """Return the reporter's text for the address, or None when it is too long or has a link."""
    line = one_line(address)
    return line if line and len(line) <= _MAX_ADDRESS and not _LINK.search(line) else None


def _is_visible(character: str) -> bool:
    return character in _JOINERS or category(character) not in _INVISIBLE
