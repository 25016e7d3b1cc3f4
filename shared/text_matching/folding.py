"""Folding: one normal form for all spellings of a text."""

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]+")  # combining marks of Latin, Greek and Cyrillic letters
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_WORDS = re.compile(r"[^\W_]+")
_MARKS = re.compile(r"[^\w\s]{31,}")
_MAX_MARKS = 30  # in a row; Stream-Safe Text Format, UAX #15, section 13
_MAX_EXPANSION = 4  # times; Hangul and letters with several marks have at most 4 parts
_SPACES = str.maketrans({chr(i): " " for i in range(128) if not chr(i).isalnum()})


def fold(text: str) -> str:
    """Normalize a text to bare words separated by single spaces.

    Case, accents, character width and apostrophes inside words are removed; every other character
    that is not a letter or a digit separates words. Folding is idempotent.

    A text of characters that expand to whole phrases (U+FDFA to 18 letters) is cut at four times
    its length.
    """
    bare = text.casefold()
    if not bare.isascii():
        limit = _MAX_EXPANSION * len(text) + _MAX_MARKS
        bare = _ACCENTS.sub("", _decomposed(limit_marks(_ACCENTS.sub("", bare)))[:limit])
        bare = unicodedata.normalize("NFC", bare)
    if "'" in bare or not bare.isascii():
        bare = _APOSTROPHES.sub("", bare)
    words = bare.translate(_SPACES).split() if bare.isascii() else _WORDS.findall(bare)
    return " ".join(words)


def limit_marks(text: str) -> str:
    """Limit combining marks to 30 in a row; no written language has more.

    Normal forms sort the marks of a row, which takes time by the square of their number.
    """
    return text if text.isascii() else _MARKS.sub(_without_surplus, text)


def _without_surplus(run: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in run.group():
        marks = marks + 1 if unicodedata.combining(character) else 0
        if marks <= _MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _decomposed(text: str) -> str:
    """Return the NFKD form; decomposition may produce capitals, so it is applied twice."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
