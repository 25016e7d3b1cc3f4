"""An address book: the streets, house numbers, crossings and named places of a city, in memory."""

import io
import json
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import cos, degrees, radians
from typing import NamedTuple, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from services.intake.rules.addresses import PlaceKey, numbers_in
from shared.vocabulary import EARTH_RADIUS_M, GeoPoint, distance_m

# Degrees as whole millionths: about 0.1 m.
_SCALE = 1e6
# Numbers farther apart than a few blocks have nothing to say about what lies between them.
_MAX_GAP, _MAX_GAP_M = 1_500, 1_500.0
_SAME_BLOCK = 100
_LETTERS_PER_ERROR = 6

Integers: TypeAlias = NDArray[np.int32]
_ARRAYS = ("offsets", "numbers", "points", "middles")


class BookStreet(NamedTuple):
    """A street by one of its names; ``city`` is empty in the book's own city.

    Attributes:
        number: Index of its houses; former names share it.
    """

    key: PlaceKey
    label: str
    city: str
    number: int


class BookPlace(NamedTuple):
    """A place by its name."""

    key: PlaceKey
    label: str
    point: GeoPoint


class NameIndex:
    """Entries by name."""

    def __init__(self, names: Iterable[str]) -> None:
        self._entries: defaultdict[str, list[int]] = defaultdict(list)
        for entry, name in enumerate(names):
            self._entries[name].append(entry)
        self._names = sorted(self._entries)

    def find(self, name: str, *, partly: bool) -> list[tuple[int, int]]:
        """Return the entries of a name, and how like it theirs are; else those of misspelled ones.

        A name is the same (0), begins with it (1), or is misspelled (2).

        Args:
            partly: Return the entries whose names begin with it, too.
        """
        found = [(one, 0) for one in self._entries.get(name, ())]
        if partly:
            first = bisect_left(self._names, name)
            last = bisect_left(self._names, name + "\U0010ffff")
            longer = (one for one in self._names[first:last] if one != name)
            found += [(one, 1) for each in longer for one in self._entries[each]]
        return found or [(one, 2) for one in self._misspelled(name)]

    def _misspelled(self, name: str) -> list[int]:
        errors = min(len(name) // _LETTERS_PER_ERROR, 3)
        words, numbers = len(name.split()), numbers_in(name)
        if not errors or len(name) > 60:  # noqa: PLR2004 - longer than any name
            return []
        found = process.extract(
            name, self._names, scorer=OSA.distance, score_cutoff=errors, limit=5
        )
        return [
            entry
            for each, *_ in found
            if len(each.split()) == words and numbers_in(each) == numbers
            for entry in self._entries[each]
        ]


@dataclass(frozen=True)
class AddressBook:
    """The places of a city.

    Attributes:
        offsets: Of the first house of each index; the numbers of a street ascend.
        points: Latitude and longitude of the houses, in millionths of a degree.
        middles: A point on each street.
        crossings: Points by the indexes of two streets, the smaller first.
    """

    streets: Sequence[BookStreet]
    places: Sequence[BookPlace]
    offsets: Integers
    numbers: Integers
    points: Integers
    middles: Integers
    crossings: dict[tuple[int, int], list[GeoPoint]]

    @cached_property
    def street_names(self) -> NameIndex:
        """Index of the streets' names."""
        return NameIndex(street.key.name for street in self.streets)

    @cached_property
    def place_names(self) -> NameIndex:
        """Index of the places' names."""
        return NameIndex(place.key.name for place in self.places)

    @classmethod
    def decode(cls, content: bytes) -> Self:
        """Return the book of a file of ``encode``."""
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            names = json.loads(file["names"].tobytes())
            crossings: defaultdict[tuple[int, int], list[GeoPoint]] = defaultdict(list)
            for a, b, *point in file["crossings"].tolist():
                crossings[a, b].append(_point(point))
            return cls(
                streets=[BookStreet(PlaceKey("", *key), *rest) for *key, rest in names["streets"]],
                places=[
                    BookPlace(PlaceKey("", *key), label, _point(p))
                    for *key, label, p in names["places"]
                ],
                crossings=crossings,
                **{name: file[name] for name in _ARRAYS},
            )

    def encode(self) -> bytes:
        """Return the book as a compressed file of NumPy arrays and names in JSON."""
        names = {
            "streets": [(*street.key[1:], street[1:]) for street in self.streets],
            "places": [(*p.key[1:], p.label, to_integers(p.point)) for p in self.places],
        }
        crossings = [
            (*pair, *to_integers(point))
            for pair, points in self.crossings.items()
            for point in points
        ]
        file = io.BytesIO()
        np.savez_compressed(
            file,
            names=np.frombuffer(json.dumps(names, ensure_ascii=False).encode(), np.uint8),
            **{name: getattr(self, name) for name in _ARRAYS},
            crossings=np.array(crossings, np.int32).reshape(-1, 4),
        )
        return file.getvalue()

    def with_places(self, places: Sequence[BookPlace]) -> Self:
        """Return the book with the places whose names it lacks."""
        known = {place.key for place in self.places}
        return replace(self, places=[*self.places, *(p for p in places if p.key not in known)])

    def house(self, street: BookStreet, number: int) -> tuple[GeoPoint, bool] | None:
        """Return the point of a house, and True where it is interpolated between known ones.

        Numbers of the same side of the street, odd or even, come before others.
        """
        first, last = self.offsets[street.number], self.offsets[street.number + 1]
        numbers = self.numbers[first:last]
        at = int(np.searchsorted(numbers, number))
        if at < len(numbers) and numbers[at] == number:
            return _point(self.points[first + at]), False
        same_side = np.flatnonzero(numbers % 2 == number % 2)
        for some in (same_side, np.arange(len(numbers))):
            if point := self._between(first + some, number):
                return point, True
        return None

    def _between(self, houses: NDArray[np.int64], number: int) -> GeoPoint | None:
        at = int(np.searchsorted(self.numbers[houses], number))
        around = houses[max(at - 1, 0) : at + 1]
        known = [(int(self.numbers[one]), _point(self.points[one])) for one in around]
        if 0 < at < len(houses):
            (low, before), (high, after) = known
            if high - low <= _MAX_GAP and distance_m(before, after) <= _MAX_GAP_M:
                share = (number - low) / (high - low)
                return GeoPoint(
                    before.latitude + share * (after.latitude - before.latitude),
                    before.longitude + share * (after.longitude - before.longitude),
                )
        near = [one for one in known if abs(one[0] - number) <= _SAME_BLOCK]
        return min(near, key=lambda one: abs(one[0] - number))[1] if near else None

    def middle(self, street: BookStreet) -> GeoPoint:
        """Return a point on a street."""
        return _point(self.middles[street.number])

    def nearest_house(
        self, at: GeoPoint, within_m: float
    ) -> tuple[BookStreet, int, GeoPoint] | None:
        """Return the street, number and point of the nearest house; None without one so near."""
        order, latitudes = self._northward
        middle, reach = to_integers(at)[0], degrees(within_m / EARTH_RADIUS_M) * _SCALE
        first, last = np.searchsorted(latitudes, (middle - reach, middle + reach))
        band = order[first:last]
        if not len(band):
            return None
        scale = np.array([1.0, cos(radians(at.latitude))])
        apart = ((self.points[band] - to_integers(at)) * scale) ** 2
        house = int(band[apart.sum(axis=1).argmin()])
        if distance_m(at, _point(self.points[house])) > within_m:
            return None
        index = int(np.searchsorted(self.offsets, house, side="right")) - 1
        return self._by_index[index], int(self.numbers[house]), _point(self.points[house])

    @cached_property
    def _northward(self) -> tuple[NDArray[np.int64], Integers]:
        """The houses from south to north, and their latitudes."""
        order = np.argsort(self.points[:, 0])
        return order, self.points[order, 0]

    @cached_property
    def _by_index(self) -> dict[int, BookStreet]:
        return {street.number: street for street in reversed(self.streets)}


_NO_POINTS: Integers = np.zeros((0, 2), np.int32)
EMPTY_BOOK = AddressBook(
    (), (), np.zeros(1, np.int32), np.zeros(0, np.int32), _NO_POINTS, _NO_POINTS, {}
)


def to_integers(point: GeoPoint) -> tuple[int, int]:
    """Return latitude and longitude in millionths of a degree."""
    return round(point.latitude * _SCALE), round(point.longitude * _SCALE)


def _point(millionths: Sequence[int] | Integers) -> GeoPoint:
    latitude, longitude = millionths
    return GeoPoint(int(latitude) / _SCALE, int(longitude) / _SCALE)
