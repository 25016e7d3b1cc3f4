"""Read an address into the parts by which a gazetteer finds it."""

import re
from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from shared.street_words import ABBREVIATIONS, STREET_TYPES
from shared.text_matching import fold
from shared.vocabulary import GeoPoint, distance_m

_PARTS = re.compile(r"[,;\n]")
_JOINED = re.compile(r"[&+@]|(?<!\d)/|/(?!\d)")
_LEAD = re.compile(
    r"^(?:(?:directly |right |just )?(?:across (?:the street )?from|in front of|next to|close to"
    r"|opposite|near|behind|beside|outside|by|under|at|on|the|corner of|[ns]?[ew]? ?corner of"
    r"|intersection of|frente al?|enfrente de|cerca de|al lado de|esquina de|el|la|en) )+"
)
_HOUSE = re.compile(r"\d+[a-z]?")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_QUADRANT = re.compile(r"\b([ns]) ([ew])\b")
_BLOCK = re.compile(r"^(\d+) block(?: of)? ")
_POSTAL_CODE = re.compile(r"\d{5}")
_CROSSING = frozenset({"and", "at", "y"})
_DIRECTIONS = frozenset({"n", "s", "e", "w", "ne", "nw", "se", "sw"})
_TYPES = STREET_TYPES | {"way", "pl", "ct", "sq", "cir", "row", "loop", "aly", "plz"}
_IGNORED = frozenset({"jr", "junior", "the"})
_STATES = frozenset({"or", "oregon", "wa", "ma", "massachusetts", "usa"})
_SPELLINGS = {
    **ABBREVIATIONS,
    "str": "st",
    "avenida": "ave",
    "alley": "aly",
    "plaza": "plz",
    "lp": "loop",
    "mount": "mt",
    "saint": "st",
}
_ALIASES = (
    (re.compile(r"\b(?:mlk|m ?l king)\b"), "martin luther king"),
    (re.compile(r"\b(?:tv (?:hwy|highway)|tvh|tvhwy)\b"), "tualatin valley hwy"),
    (re.compile(r"\b(?:bh (?:hwy|highway)|bhh)\b"), "beaverton hillsdale hwy"),
)


class PlaceKey(NamedTuple):
    """An address, a crossing or a named place in normalized parts.

    Attributes:
        number: House number; empty for a crossing and a named place.
        name: Name without directions and types; of a crossing the names, sorted and joined by
            ``&``.
        directions: Stated directions, sorted and joined by a space.
        types: Stated types of street, sorted and joined by a space.
    """

    number: str
    name: str
    directions: str
    types: str


def read_address(address: str, city: str = "") -> PlaceKey | None:
    """Return the normalized parts of an address, or None when it names no single place.

    A house number, a crossing in either order, or a name: a street alone is too long. What
    relates a problem to a place ("across from") is left out, and so are city, state and postal
    code.
    """
    first = next(filter(str.strip, _PARTS.split(address)), "")
    text = _QUADRANT.sub(r"\1\2", fold(_JOINED.sub(" and ", first)))
    text = _BLOCK.sub(r"\1 ", _LEAD.sub("", f"{text} ").strip())
    for pattern, name in _ALIASES:
        text = pattern.sub(name, text)
    words = [_SPELLINGS.get(word, word) for word in text.split() if word not in _IGNORED]
    city_words = fold(city).split()
    is_house = len(words) > 1 and _HOUSE.fullmatch(words[0]) and words[1] not in _CROSSING
    if is_house:
        return _house(words, city_words)
    streets = [
        street
        for joins, group in groupby(words, _CROSSING.__contains__)
        if not joins and (street := _street(list(group), city_words)).name
    ]
    return _crossing(streets) if len(streets) > 1 else _named(streets)


def _house(words: Sequence[str], city: Sequence[str]) -> PlaceKey | None:
    """Return a house; a leading zero in Southwest is South Portland, which has its own numbers."""
    number, rest = words[0], list(words[1:])
    while len(rest) > 1 and rest[0].isdigit():  # the other end of a range, or a fraction
        del rest[0]
    upto = next((i for i, word in enumerate(rest) if word in _CROSSING), len(rest))
    street = _street(rest[:upto], city)
    if number.startswith("0") and street.directions == "sw":
        street = street._replace(directions="s")
    return street._replace(number=number.lstrip("0") or "0") if street.name else None


def _crossing(streets: Sequence[PlaceKey]) -> PlaceKey:
    return PlaceKey(
        "",
        " & ".join(sorted(street.name for street in streets)),
        " ".join(sorted({street.directions for street in streets} - {""})),
        " ".join(sorted({street.types for street in streets} - {""})),
    )


def _named(places: Sequence[PlaceKey]) -> PlaceKey | None:
    if not places or places[0].types in STREET_TYPES or numbers_in(places[0].name):
        return None
    return places[0]


def _street(words: Sequence[str], city: Sequence[str]) -> PlaceKey:
    """Return a street or a name; what follows the type of a street is its place, and left out."""
    rest = list(words)
    direction = rest.pop(0) if len(rest) > 1 and rest[0] in _DIRECTIONS else ""
    if len(rest) > 1 and rest[0] == "dr":
        del rest[0]
    end = next((i for i, word in enumerate(rest) if i and word in _TYPES), None)
    if end is None:
        return PlaceKey("", _name(_without_city(rest, city)), direction, "")
    after = rest[end + 1 : end + 2]
    if not direction and after and after[0] in _DIRECTIONS:
        direction = after[0]
    return PlaceKey("", _name(rest[:end]), direction, rest[end])


def _without_city(words: Sequence[str], city: Sequence[str]) -> Sequence[str]:
    rest = list(words)
    while len(rest) > 1 and (rest[-1] in _STATES or _POSTAL_CODE.fullmatch(rest[-1])):
        rest.pop()
    if city and len(rest) > len(city) and rest[-len(city) :] == list(city):
        del rest[-len(city) :]
    return rest


def _name(words: Sequence[str]) -> str:
    return " ".join(_ORDINAL.sub(r"\1", word) for word in words)


def numbers_in(name: str) -> list[str]:
    """Return the words of a name that have a digit, in order."""
    return [word for word in name.split() if any(map(str.isdigit, word))]


# Least share of equal trigrams of two names, 0 to 1: one wrong letter in a name of eight.
MIN_SIMILARITY = 0.6
_SAME_PLACE_M = 250.0


class Candidate(NamedTuple):
    """A place of the gazetteer."""

    key: PlaceKey
    similarity: float
    point: GeoPoint


def best_match(wanted: PlaceKey, candidates: Sequence[Candidate]) -> GeoPoint | None:
    """Return the point of the place that an address means; None without one, or with several.

    Directions and types of street may be left out, but must not contradict; numbers in a name are
    equal; a misspelled name counts if no name is right. Two fitting places more than 250 m apart
    make an address ambiguous: no point is better than a wrong one.
    """
    fitting = [one for one in candidates if _fits(wanted, one)]
    if same := [one for one in fitting if one.key == wanted]:
        return same[0].point
    meant = [one for one in fitting if one.key.name == wanted.name] or fitting
    if not meant:
        return None
    best = max(meant, key=lambda one: one.similarity)
    is_clear = all(distance_m(best.point, one.point) <= _SAME_PLACE_M for one in meant)
    return best.point if is_clear else None


def _fits(wanted: PlaceKey, one: Candidate) -> bool:
    key = one.key
    return (
        key.number == wanted.number
        and one.similarity >= MIN_SIMILARITY
        and numbers_in(key.name) == numbers_in(wanted.name)
        and len(key.name.split()) == len(wanted.name.split())
        and _agree(key.directions, wanted.directions)
        and _agree(key.types, wanted.types)
    )


def _agree(one: str, other: str) -> bool:
    stated, also = set(one.split()), set(other.split())
    return stated <= also or also <= stated
