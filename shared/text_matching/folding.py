"""One form for all the spellings of a text."""

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]+")  # combining marks of Latin, Greek and Cyrillic letters
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_WORDS = re.compile(r"[^\W_]+")
_SPACES = str.maketrans({chr(i): " " for i in range(128) if not chr(i).isalnum()})


def fold(text: str) -> str:
    """Return the text as phrases are compared: bare words with one space between them.

    Case, accents and the width of letters are gone, and so are apostrophes inside words, which
    many people leave out. All else that is no letter or digit parts words. Folding a folded text
    changes nothing.
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
    """Return compatibility forms taken apart; doing so may bring capitals back, hence twice."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
