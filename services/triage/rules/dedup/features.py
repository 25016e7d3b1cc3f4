"""Features of a report's text and attributes that distinguish one problem from another."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from itertools import dropwhile, groupby

from services.triage.rules.dedup.text_features import (
    distinguishing_words,
    particulars_answered,
    particulars_in,
    stem,
)
from shared.catalogue.evidence import Evidence
from shared.street_words import ABBREVIATIONS, STREET_TYPES
from shared.text_matching import fold


class FeatureExtractor:
    """Extracts the features that one city's evidence weighs; without evidence there are none."""

    def __init__(
        self, evidence: Evidence | None, kind_words: Mapping[str, Collection[str]]
    ) -> None:
        """Take the words of each kind by service code."""
        self._vague_m: Mapping[str, float] = evidence.accuracy.vague_m if evidence else {}
        self._words = evidence.words if evidence else None
        self._asset_questions = evidence.assets.answers if evidence else ()
        self._kind_stems = {kind: frozenset(map(stem, words)) for kind, words in kind_words.items()}

    def position_error_m(
        self, accuracy_m: float | None, precision: str, address: str | None = None
    ) -> float:
        """Return the error radius of a point in metres, from its accuracy and its precision.

        The point of an address without a house number is the centre of an area.
        """
        area = area_of(address) if precision == "address" else None
        vague = (self._vague_m.get(name, 0.0) for name in (precision, area) if name)
        return max(accuracy_m or 0.0, *vague)

    def words(self, text: str, kind: str) -> tuple[frozenset[str], frozenset[str]]:
        """Return the distinguishing words of a text: those beyond its kind's, and its kind's."""
        if self._words is None:
            return frozenset(), frozenset()
        words = frozenset(distinguishing_words(text, self._words.common))
        of_kind = frozenset(word for word in words if stem(word) in self._kind_stems[kind])
        return words - of_kind, of_kind

    def particulars(self, text: str, attributes: Mapping[str, object]) -> frozenset[str]:
        """Return the plates, numbers of things and directions that text and answers name."""
        named = particulars_in(text) if self._words else frozenset[str]()
        return named | particulars_answered(attributes, self._asset_questions)


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


def area_of(key: str | None) -> str | None:
    """Return which area an ``address_key`` without a house number names; None for a house."""
    if key is None or _HOUSE.fullmatch(key.partition(" ")[0]):
        return None
    return "crossing" if " and " in key else "place"


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
