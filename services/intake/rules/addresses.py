"""Read an address into the parts by which a gazetteer finds it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import NamedTuple

from shared.street_words import ABBREVIATIONS, STREET_TYPES
from shared.text_matching import fold

_PARTS = re.compile(r"[,;\n]")
_JOINED = re.compile(r"[&+@]|(?<!\d)/|/(?!\d)")
_SIDE = r"(?:(?:north|south|east|west|[ns]?[ew]|main|front|back)(?:east|west|ern)? )?"
_PART = r"(?:gate|entrance|entry|exit|side|end|edge)"
_SPANISH_PART = r"(?:puerta|entrada|salida|lado)(?: (?:norte|sur|este|oeste|principal))?"
_LEAD = re.compile(
    r"^(?:(?:directly |right |just )?(?:across (?:the street )?from|in front of|next to|close to"
    r"|opposite|near|behind|beside|outside|by|under|at|on|the|[ns]?[ew]? ?corner(?: of)?"
    r"|intersection of|frente al?|enfrente de|cerca de|al lado de|esquina de|el|la|en"
    rf"|{_SIDE}{_PART} (?:of|to)|{_SPANISH_PART} (?:de|del|al?)) )+"
)
_HOUSE = re.compile(r"\d+[a-z]?")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_QUADRANT = re.compile(r"\b([ns]) ([ew])\b")
_BLOCK = re.compile(r"^(\d+) block(?: of)? ")
_POSTAL_CODE = re.compile(r"\d{5}")
_CROSSING = frozenset({"and", "at", "by", "near", "y", "con", "esquina"})
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
    (re.compile(r"\bcesar e chavez\b"), "cesar chavez"),
)


class PlaceKey(NamedTuple):
    """A house, a street or a named place in normalized parts.

    Attributes:
        number: House number; empty for a street and a named place.
        name: Name without directions and types.
    """

    number: str
    name: str
    direction: str
    type: str

    @property
    def is_street(self) -> bool:
        """True for a street alone, which is too long to be one place."""
        return not self.number and (self.type in STREET_TYPES or bool(numbers_in(self.name)))


def read_address(address: str, city: str = "") -> list[PlaceKey]:
    """Return the normalized parts of an address: several streets are a crossing.

    What relates a problem to a place ("across from") is left out, and so are city, state and
    postal code.
    """
    first = next(filter(str.strip, _PARTS.split(address)), "")
    text = _QUADRANT.sub(r"\1\2", fold(_JOINED.sub(" and ", first)))
    text = _BLOCK.sub(r"\1 ", _LEAD.sub("", f"{text} ").strip())
    for pattern, name in _ALIASES:
        text = pattern.sub(name, text)
    words = [_SPELLINGS.get(word, word) for word in text.split() if word not in _IGNORED]
    city_words = fold(city).split()
    if len(words) > 1 and _HOUSE.fullmatch(words[0]) and words[1] not in _CROSSING:
        house = _house(words, city_words)
        return [house] if house else []
    return [
        street
        for joins, group in groupby(words, _CROSSING.__contains__)
        if not joins and (street := _street(list(group), city_words)).name
    ]


def _house(words: Sequence[str], city: Sequence[str]) -> PlaceKey | None:
    """Return a house; a leading zero in Southwest is South Portland, which has its own numbers."""
    number, rest = words[0], list(words[1:])
    while len(rest) > 1 and rest[0].isdigit():  # the other end of a range, or a fraction
        del rest[0]
    upto = next((i for i, word in enumerate(rest) if word in _CROSSING), len(rest))
    street = _street(rest[:upto], city)
    if number.startswith("0") and street.direction == "sw":
        street = street._replace(direction="s")
    return street._replace(number=number.lstrip("0") or "0") if street.name else None


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


# South Portland was a part of Southwest until 2020.
_SAME_SIDE = frozenset({"s", "sw"})


def agree(key: PlaceKey, wanted: PlaceKey) -> bool:
    """Return True where direction and type, which may be left out, do not contradict."""
    sides = {key.direction, wanted.direction} - {""}
    types = {key.type, wanted.type} - {""}
    return len(types) <= 1 and (len(sides) <= 1 or sides == _SAME_SIDE)


# Last words of the names of buildings.
_FACILITIES = frozenset(
    "airport center church college hall hospital library mall museum park police post "  # noqa: SIM905 - a list would take 15 lines
    "school station university".split()
)


def stated_city(address: str, cities: Mapping[str, str]) -> str | None:
    """Return the code of the city that an address names as its own.

    It stands in a part of its own, behind the type of a street or before a state, or it begins the
    name of a building: "500 Main St, Vancouver WA", "Gresham City Hall", but not "Milwaukie Ave".
    ``cities`` are codes by folded name.
    """
    first, *others = [*filter(None, map(fold, _PARTS.split(address))), ""]
    for part in others:
        if found := _leading(part, cities):
            return cities[found]
    words = _without_city(first.split(), ())
    state = first.split()[len(words) :]
    text, known = " ".join(words), [_SPELLINGS.get(word, word) for word in words]
    if not _CROSSING.isdisjoint(known):
        return None
    if _TYPES.isdisjoint(known) and (text in cities or (words and words[-1] in _FACILITIES)):
        found = _leading(text, cities)
        return cities[found] if found else None
    trailing = next((name for name in cities if text.endswith(f" {name}")), "")
    before = known[1 : len(known) - len(trailing.split())]
    if trailing and (state or not _TYPES.isdisjoint(before)):
        return cities[trailing]
    return next((cities[word] for word in state if word in cities), None)


def _leading(text: str, names: Iterable[str]) -> str | None:
    """Return the longest of the names that a text begins with."""
    leading = [name for name in names if f"{text} ".startswith(f"{name} ")]
    return max(leading, key=len, default=None)
