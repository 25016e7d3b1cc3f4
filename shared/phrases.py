"""Finds known phrases in what people write."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

_ACCENTS = re.compile("[\u0300-\u036f]+")  # combining marks of Latin, Greek and Cyrillic letters
_BETWEEN_WORDS = re.compile(r"[\W_]+")


def fold(text: str) -> str:
    """Return the text as phrases are compared: bare words with one space between them.

    Case, accents and the width of letters are gone, and all that is no letter or digit parts
    words. Folding a folded text changes nothing.
    """
    bare = text.casefold()
    if not bare.isascii():
        bare = _ACCENTS.sub("", _decomposed(bare))
        bare = unicodedata.normalize("NFC", bare)
    return _BETWEEN_WORDS.sub(" ", bare).strip()


def _decomposed(text: str) -> str:
    """Return compatibility forms taken apart; doing so may bring capitals back, hence twice."""
    return unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase found in a text.

    Attributes:
        code: What the phrase stands for.
        phrase: The phrase, folded.
        start_word: Index of its first word in the folded text.
        end_word: Index after its last word.
    """

    code: str
    phrase: str
    start_word: int
    end_word: int


@dataclass(slots=True)
class _Node:
    """What may follow the words so far, and the codes of the phrase that ends here."""

    following: dict[str, "_Node"] = field(default_factory=dict)
    codes: tuple[str, ...] = ()


class PhraseIndex:
    """Phrases in a tree of words, so that a search costs as much as the text is long."""

    def __init__(self, phrases: Iterable[tuple[str, str]]) -> None:
        """Index pairs of code and phrase; a phrase without a word is left out."""
        self._root = _Node()
        for code, phrase in phrases:
            if words := fold(phrase).split():
                self._add(code, words)

    def _add(self, code: str, words: list[str]) -> None:
        node = self._root
        for word in words:
            node = node.following.setdefault(word, _Node())
        if code not in node.codes:
            node.codes = (*node.codes, code)

    def find(self, folded: str) -> list[Hit]:
        """Return every phrase in a folded text, by its place in the text.

        Of several phrases of one code that begin at the same word only the longest counts.
        """
        words = folded.split()
        roots = self._root.following
        return [
            hit
            for start, word in enumerate(words)
            if word in roots
            for hit in _longest_from(roots[word], words, start)
        ]


def _longest_from(node: _Node, words: list[str], start: int) -> list[Hit]:
    ends: dict[str, int] = {}
    end = start + 1
    while True:
        for code in node.codes:
            ends[code] = end
        following = node.following.get(words[end]) if end < len(words) else None
        if following is None:
            return [Hit(code, " ".join(words[start:e]), start, e) for code, e in ends.items()]
        node, end = following, end + 1
