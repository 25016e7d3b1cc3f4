"""Features of a text for the text model: words, pairs, beginnings and letters, each once."""

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise

from shared.text_matching.negation_lexicon import DENYING

_PREFIX_LETTERS = 5
_LETTERS = (3, 4)  # in a row, of a word with its edges
_SIGNS = (1, 2, 3)  # the same of scripts that write words without spaces
_FIRST_UNSPACED = "\u0e00"  # Thai and Lao, then the scripts of China, Japan and Korea
_NEGATION_REACH = 3  # words after a negation
NUMBERS = ("@1", "@2", "@3")  # of conditions; more count as three
_CACHED_WORDS = 20_000
_MAX_DOUBLINGS = 12  # longer texts count as 2,048 words
_MAX_LETTERS = 20  # of a word with spaces around it
_NO_WORDS = ("@", "#")


def extract_features(words: Sequence[str]) -> set[str]:
    """Return the features of a folded text's words and of their number.

    They are words, pairs of successive words, prefixes of five letters (``overf*``), three and
    four letters in a row (``~hole``, ``~<ho``), up to three signs of a script without spaces, and
    words up to three words after a negation (``!smoke``).
    """
    features = set(joint_features(words))
    features.update(*map(word_features, mark_negated(words)))
    return features


def joint_features(words: Sequence[str]) -> list[str]:
    """Return the features of a text that are not of one word: pairs, and the number of words."""
    length = _LENGTHS[min(len(words).bit_length(), _MAX_DOUBLINGS)]
    return [*map(" ".join, pairwise(words)), *length]


@lru_cache(_CACHED_WORDS)
def word_features(marked: str) -> tuple[str, ...]:
    """Return the features of one word, as ``mark_negated`` returns it."""
    word = marked.removeprefix("!")
    prefix = (prefix_of(marked),) if len(marked) > _PREFIX_LETTERS else ()
    return (marked, *prefix, *_letters(word))


def _letters(word: str) -> Iterator[str]:
    """Yield the features of the letters of a word."""
    is_spaced = word[0] < _FIRST_UNSPACED
    edged = f"<{word[:_MAX_LETTERS]}>" if is_spaced else word
    for size in _LETTERS if is_spaced else _SIGNS:
        for i in range(len(edged) - size + 1):
            yield f"~{edged[i : i + size]}"


def condition_facts(affirmed: Iterable[str], denied: Iterable[str]) -> list[str]:
    """Return the features of the conditions that a text affirms and denies, and of their number."""
    stated = [f"@{code}" for code in affirmed]
    return [*stated, *[f"@!{code}" for code in denied], *NUMBERS[: len(stated)]]


def is_word(feature: str) -> bool:
    """Return True for words, and signs of a script without spaces: they identify the language."""
    if feature.startswith("~"):
        return feature[1] >= _FIRST_UNSPACED
    return not feature.startswith(_NO_WORDS)


def prefix_of(word: str) -> str:
    """Return the feature of the beginning of a longer word."""
    return f"{word[:_PREFIX_LETTERS]}*" if len(word) > _PREFIX_LETTERS else ""


def mark_negated(words: Sequence[str]) -> list[str]:
    """Return the words, each with a ``!`` before it up to three words after a negation."""
    if DENYING.isdisjoint(words):
        return [*words]
    marked, reach = [], 0
    for word in words:
        marked.append(f"!{word}" if reach > 0 else word)
        reach = _NEGATION_REACH if word in DENYING else reach - 1
    return marked


# Features of a number of words: `#8` for eight words or more.
_LENGTHS = tuple(
    tuple(f"#{1 << doubling}" for doubling in range(most)) for most in range(_MAX_DOUBLINGS + 1)
)
