"""Reads misspelt words as the words that phrases are made of."""

import re
from collections import defaultdict
from collections.abc import Collection
from functools import lru_cache

UNKNOWN = ""
"""Stands for every word that no phrase has and that is no slip of one that some phrase has."""

_SHORTEST = 6  # letters; shorter words turn into each other too easily
_WORDS_REMEMBERED = 20_000
_SHORTEST_WITH_ANOTHER_LETTER = 7
_ALIKE = ("bv", "csz", "gj", "iy", "mn")
_OWN = """
tapped bother strange serves served serving learning saying sweeping stated refuse derive noting
shouting
"""
_SPANISH_VERB = re.compile(r"(.+(?:[ai]e?ndo|[aei]r))(?:me|te|se|nos)?(?:l[aeo]s?)?")
_DRAWN_OUT = re.compile(r"(.)\1{2,}")
_WORDS_OF_THEIR_OWN = frozenset(_OWN.split())  # right words that look like known ones misspelt


class Spelling:
    """Finds the known word that a misspelt one stands for.

    One letter may be missing, too many, swapped with the next, or another that people take for it;
    a letter may be drawn out ("heeelp"), and a Spanish verb may have its pronouns behind it
    ("pegandole").
    """

    def __init__(self, known: Collection[str]) -> None:
        """Learn the known words; those that are short or hold digits are only known as they are."""
        self._known = frozenset(known)
        self._without_a_letter: defaultdict[str, list[str]] = defaultdict(list)
        for word in sorted(self._known):
            if len(word) >= _SHORTEST and word.isalpha():
                for shorter in _without_a_letter(word):
                    self._without_a_letter[shorter].append(word)
        self._meant = lru_cache(_WORDS_REMEMBERED)(self._look_up)

    def read(self, words: list[str]) -> list[str]:
        """Return for each word the known word that it is or stands for, else ``UNKNOWN``."""
        known, meant = self._known, self._meant
        return [
            word if word in known else UNKNOWN if len(word) < _SHORTEST else meant(word)
            for word in words
        ]

    def _look_up(self, word: str) -> str:
        if not word.isalpha() or word in _WORDS_OF_THEIR_OWN:
            return UNKNOWN
        for plain in (_DRAWN_OUT.sub(r"\1", word), _DRAWN_OUT.sub(r"\1\1", word)):
            if plain in self._known:
                return plain
        verb = _SPANISH_VERB.fullmatch(word)
        if verb and verb.group(1) in self._known:
            return verb.group(1)
        for shorter in _without_a_letter(word):
            if shorter in self._known and len(shorter) >= _SHORTEST and not _is_form(word, shorter):
                return shorter
        near = {w for s in (word, *_without_a_letter(word)) for w in self._near(s)}
        return min((w for w in near if _is_slip(word, w)), default=UNKNOWN)

    def _near(self, shorter: str) -> list[str]:
        return self._without_a_letter.get(shorter, [])


def _without_a_letter(word: str) -> set[str]:
    """Return the word without one of its letters; the first letter is hardly ever wrong."""
    return {word[:i] + word[i + 1 :] for i in range(1, len(word))}


def _is_form(longer: str, shorter: str) -> bool:
    """Whether two words that differ by a letter are right forms of one: cortando and cortado."""
    return longer.endswith("ndo") and longer.removesuffix("ndo") == shorter.removesuffix("do")


def _is_slip(written: str, meant: str) -> bool:
    """Whether two words that share all but a letter of each are easily taken for each other."""
    if len(written) < len(meant):
        return not _is_form(meant, written)
    differing = [i for i, letter in enumerate(written) if letter != meant[i]]
    pairs = [{written[i], meant[i]} for i in differing]
    if len(pairs) == 1:
        is_long = len(written) >= _SHORTEST_WITH_ANOTHER_LETTER
        return is_long and any(pairs[0] <= set(letters) for letters in _ALIKE)
    first, last = differing[0], differing[-1]
    return len(pairs) == last - first + 1 and pairs[0] == pairs[-1]
