"""One form for all the spellings of a text."""

import re
import unicodedata

_ACCENTS = re.compile("[\u0300-\u036f]+")  # combining marks of Latin, Greek and Cyrillic letters
_APOSTROPHES = re.compile(r"(?<=\w)['\u2019\u02bc](?=\w)")
_BETWEEN_WORDS = re.compile(r"[\W_]+")


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
    return _BETWEEN_WORDS.sub(" ", _APOSTROPHES.sub("", bare)).strip()


def _decomposed(text: str) -> str:
    """Return compatibility forms taken apart; doing so may bring capitals back, hence twice."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
