"""Features of a report's text and attributes that distinguish one problem from another."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import dropwhile, groupby

from shared.catalogue.evidence import Evidence
from shared.street_words import ABBREVIATIONS, STREET_TYPES
from shared.text_matching import fold

_READ_CHARS = 600  # a report states its topic at the beginning
_MAX_WORDS = 12
_MIN_WORD, _MIN_NUMBER, _MIN_NAME = 4, 2, 3  # characters


class FeatureExtractor:
    """Extracts the features that one city's evidence weighs; without evidence there are none."""

    def __init__(self, evidence: Evidence | None, common_words: Collection[str]) -> None:
        self._vague_m: Mapping[str, float] = evidence.accuracy.vague_m if evidence else {}
        self._uses_words = bool(evidence and evidence.words.each)
        self._asset_questions = evidence.assets.answers if evidence else ()
        self._common_words = common_words

    def position_error_m(self, accuracy_m: float | None, precision: str) -> float:
        """Return the error radius of a point in metres, from its accuracy and its precision."""
        return max(accuracy_m or 0.0, self._vague_m.get(precision, 0.0))

    def rare_words(self, text: str) -> frozenset[str]:
        """Return the words of a description that distinguish its problem from others."""
        return rare_words(text, self._common_words) if self._uses_words else frozenset()

    def asset(self, attributes: Mapping[str, object]) -> str | None:
        """Return the unique object that the attributes name, such as a plate, or None."""
        return find_asset(attributes, self._asset_questions)


def rare_words(text: str, common: Collection[str]) -> frozenset[str]:
    """Return the first words and numbers of a text that are not common, at most 12."""
    words = dict.fromkeys(fold(text[:_READ_CHARS]).split())
    rare = [
        word
        for word in words
        if word not in common
        and (len(word) >= _MIN_WORD or (len(word) >= _MIN_NUMBER and word.isdigit()))
    ]
    return frozenset(rare[:_MAX_WORDS])


def all_words(texts: Iterable[str]) -> frozenset[str]:
    """Return every word of the texts, folded."""
    return frozenset(word for text in texts for word in fold(text).split())


def find_asset(attributes: Mapping[str, object], questions: Iterable[str]) -> str | None:
    """Return the first unique object that the attributes name, as ``question:name``, or None.

    A name needs a digit; without one it is "unknown", "no plates" or a colour.
    """
    for question in questions:
        answer = attributes.get(question)
        name = fold(answer).replace(" ", "") if isinstance(answer, str) else ""
        if len(name) >= _MIN_NAME and any(map(str.isdigit, name)):
            return f"{question}:{name}"
    return None


_PARTS = re.compile(r"[,;\n]|\s{2,}")
_JOINED = re.compile(r"[&+@/]")
_UNIT = re.compile(r"^\s*(?:#|apt\b|apartment\b|unit\b|suite\b|ste\b|room\b|rm\b)", re.IGNORECASE)
_HOUSE = re.compile(r"\d+[a-z]?")
_CROSSING = frozenset({"and", "at", "y"})
_CORNER_OF = (["intersection", "of"], ["corner", "of"], ["esquina", "de"])
_UNIT_WORDS = frozenset({"apt", "apartment", "unit", "suite", "ste", "room", "rm"})
_QUADRANT = re.compile(r"\b([ns]) ([ew])\b")
_NUMBER = re.compile(r"\d")
_OTHER_TYPES = frozenset({"way", "pl", "ct", "sq", "cir", "park", "row", "plz"})
_CACHED_KEYS = 1 << 16


def address_key(address: str) -> str | None:
    """Return the normalized address, or None when it names no single place.

    A place needs a house number, a crossing or a name of its own; a street alone is too long.
    City, state and postal code are ignored; the unit in a house counts. A corner is the same
    whichever street is named first.
    """
    street, *rest = [part for part in _PARTS.split(address.strip()) if part.strip()] or [""]
    words = _words(_JOINED.sub(" and ", street))
    if words and _HOUSE.fullmatch(words[0]) and len(words) > 1:
        units = [word for part in rest if _UNIT.match(part) for word in _words(part)]
        return " ".join([*words, *units])
    if corner := _corner(words):
        return corner
    return None if _is_street(words) else " ".join(words) or None


def _corner(words: Sequence[str]) -> str | None:
    named = words[2:] if words[:2] in _CORNER_OF else words
    streets = [
        " ".join(group) for joins, group in groupby(named, _CROSSING.__contains__) if not joins
    ]
    return " and ".join(sorted(streets)) if len(streets) > 1 else None


def _is_street(words: Sequence[str]) -> bool:
    """Return True for a street or a route ("SW 4th", "I-5"), False for a named place."""
    return any(word in STREET_TYPES or _NUMBER.search(word) for word in words)


def _words(text: str) -> list[str]:
    words = [ABBREVIATIONS.get(word, word) for word in _QUADRANT.sub(r"\1\2", fold(text)).split()]
    return [word for word in words if word not in _UNIT_WORDS]


@lru_cache(maxsize=_CACHED_KEYS)
def streets_of(key: str) -> frozenset[str]:
    """Return the street names in an ``address_key``: one, or several for a corner.

    Text after a street's name, such as the city, is ignored.
    """
    return frozenset(filter(None, map(_street, key.split(" and "))))


def _street(text: str) -> str:
    words = list(dropwhile(_HOUSE.fullmatch, text.split()))
    ends = (i for i, word in enumerate(words[1:], start=2) if word in STREET_TYPES | _OTHER_TYPES)
    return " ".join(words[: next(ends, len(words))])
