"""Spelling correction: maps misspelt words to the words of the patterns."""

import re
from collections import defaultdict
from collections.abc import Collection, Mapping
from functools import lru_cache

# Replacement for every word that is neither known nor a misspelling of a known word.
UNKNOWN = ""

_MIN_LETTERS = 6  # shorter words turn into each other too easily
_MAX_LETTERS = 40  # a longer word is no misspelling of any word
_CACHED_WORDS = 20_000
_MIN_LETTERS_FOR_SUBSTITUTION = 7
_CONFUSED_LETTERS = ("bv", "csz", "gj", "iy", "mn")
_CORRECT = """
tapped bother strange serves served serving learning saying sweeping stated refuse derive noting
shouting
"""
_SPANISH_VERB = re.compile(r"(.+(?:[ai]e?ndo|[aei]r))(?:me|te|se|nos)?(?:l[aeo]s?)?")
_REPEATED_LETTER = re.compile(r"(.)\1{2,}")
_CORRECT_WORDS = frozenset(_CORRECT.split())  # correct words that resemble known words


def words_by_deletion(known: Collection[str]) -> dict[str, str]:
    """Index the known words by each of their forms without one letter; words joined by spaces.

    Short words and words with digits have none: they are matched exactly.
    """
    by_deletion: defaultdict[str, list[str]] = defaultdict(list)
    for word in sorted(known):
        if len(word) >= _MIN_LETTERS and word.isalpha():
            for shorter in _deletions(word):
                by_deletion[shorter].append(word)
    return {shorter: " ".join(words) for shorter, words in by_deletion.items()}


class Spelling:
    """Finds the known word for a misspelt one, by the index of ``words_by_deletion``.

    One letter may be missing, added, swapped with the next, or replaced by one that is often
    confused with it; a letter may be repeated ("heeelp"), and a Spanish verb may have enclitic
    pronouns ("pegandole").
    """

    def __init__(self, known: frozenset[str], by_deletion: Mapping[str, str]) -> None:
        self._known, self._by_deletion = known, by_deletion
        self._correction = lru_cache(_CACHED_WORDS)(self._correct)

    def read(self, words: list[str]) -> list[str]:
        """Return the known word for each word, or ``UNKNOWN``."""
        known, correction = self._known, self._correction
        return [
            word if word in known else UNKNOWN if len(word) < _MIN_LETTERS else correction(word)
            for word in map(_shorten, words)
        ]

    def _correct(self, word: str) -> str:
        if not word.isalpha() or word in _CORRECT_WORDS:
            return UNKNOWN
        for plain in (_REPEATED_LETTER.sub(r"\1", word), _REPEATED_LETTER.sub(r"\1\1", word)):
            if plain in self._known:
                return plain
        verb = _SPANISH_VERB.fullmatch(word)
        if verb and verb.group(1) in self._known:
            return verb.group(1)
        for shorter in sorted(_deletions(word)):
            if (
                shorter in self._known
                and len(shorter) >= _MIN_LETTERS
                and not _is_verb_form(word, shorter)
            ):
                return shorter
        candidates = {
            w for s in (word, *_deletions(word)) for w in self._by_deletion.get(s, "").split()
        }
        return min((w for w in candidates if _is_misspelling(word, w)), default=UNKNOWN)


def _shorten(word: str) -> str:
    """Return a word, or ``UNKNOWN`` when it is too long even without repeated letters.

    Correction takes time and memory by the square of a word's length, and is cached by word.
    """
    if len(word) <= _MAX_LETTERS:
        return word
    word = _REPEATED_LETTER.sub(r"\1\1\1", word)
    return word if len(word) <= _MAX_LETTERS else UNKNOWN


def _deletions(word: str) -> set[str]:
    """Return the word without one of its letters; the first letter is hardly ever wrong."""
    return {word[:i] + word[i + 1 :] for i in range(1, len(word))}


def _is_verb_form(longer: str, shorter: str) -> bool:
    """Return True for a gerund and a participle of one verb, such as cortando and cortado."""
    return longer.endswith("ndo") and longer.removesuffix("ndo") == shorter.removesuffix("do")


def _is_misspelling(written: str, known: str) -> bool:
    """Return True when words that share all but one letter of each are easily confused."""
    if len(written) < len(known):
        return not _is_verb_form(known, written)
    differing = [i for i, letter in enumerate(written) if letter != known[i]]
    pairs = [{written[i], known[i]} for i in differing]
    if len(pairs) == 1:
        is_long = len(written) >= _MIN_LETTERS_FOR_SUBSTITUTION
        return is_long and any(pairs[0] <= set(letters) for letters in _CONFUSED_LETTERS)
    first, last = differing[0], differing[-1]
    return len(pairs) == last - first + 1 and pairs[0] == pairs[-1]
