"""Rule: how text that others wrote goes into a message without becoming anything but text."""

import re
from unicodedata import category, normalize

_JOINERS = {"\u200c", "\u200d"}  # they shape letters in many scripts, and steer nothing
_INVISIBLE = {"Cc", "Cf", "Co", "Cn", "Cs"}  # bidi overrides are of Cf
_LINK = re.compile(r"://|@|\bwww\.|[^\W_]\.[^\W\d_]{2}", re.IGNORECASE)
_NAME_MARKS = " '\u2019.-,"  # people type the apostrophe either way
_MAX_NAME = 60
_MAX_PLACE = 120


def one_line(text: str | None) -> str:
    """Return the text as one line of visible characters, in NFC.

    So it can start no paragraph and no mail header, and cannot reverse what stands beside it.
    """
    visible = (c for c in text or "" if c.isspace() or _is_visible(c))
    return " ".join(normalize("NFC", "".join(visible)).split())


def greeting_name(name: str | None) -> str | None:
    """Return the name to greet somebody by, or None when it is no plain name.

    Anybody can report in another's name, so a name that carries a link, a number or an
    advertisement's punctuation is left out, not sent on under the city's.
    """
    line = one_line(name)
    plain = all(category(c)[0] in "LM" or c in _NAME_MARKS for c in line)
    named = any(category(c)[0] == "L" for c in line)
    return line if plain and named and len(line) <= _MAX_NAME and not _LINK.search(line) else None


def place(address: str | None) -> str | None:
    """Return the place as the reporter put it, or None when it is too long or carries a link."""
    line = one_line(address)
    return line if line and len(line) <= _MAX_PLACE and not _LINK.search(line) else None


def _is_visible(character: str) -> bool:
    return character in _JOINERS or category(character) not in _INVISIBLE
