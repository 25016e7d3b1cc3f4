"""Folding: one normal form for all spellings of a text."""

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]+")  # combining marks of Latin, Greek and Cyrillic letters
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_WORDS = re.compile(r"[^\W_]+")
_SPACES = str.maketrans({chr(i): " " for i in range(128) if not chr(i).isalnum()})


def fold(text: str) -> str:
    """Normalize a text to bare words separated by single spaces.

    Case, accents, character width and apostrophes inside words are removed; every other character
    that is not a letter or a digit separates words. Folding is idempotent.
    """
    bare = text.casefold()
    if not bare.isascii():
        bare = _ACCENTS.sub("", _decomposed(bare))
        bare = unicodedata.normalize("NFC", bare)
    if "'" in bare or not bare.isascii():
        bare = _APOSTROPHES.sub("", bare)
    words = bare.translate(_SPACES).split() if bare.isascii() else _WORDS.findall(bare)
    return " ".join(words)


def _decomposed(text: str) -> str:
    """Return the NFKD form; decomposition may produce capitals, so it is applied twice."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
