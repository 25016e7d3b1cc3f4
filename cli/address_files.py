"""Reads a city's files of addresses, places and streets, and builds an address book of them."""

import csv
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from math import cos, radians
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString

from cli.map_layers import opened, read_features
from cli.street_labels import short_label
from services.intake.places.book import AddressBook, BookPlace, BookStreet, to_integers
from services.intake.rules.addresses import PlaceKey, read_address
from shared.errors import Route311Error
from shared.text_matching import fold
from shared.vocabulary import MAX_LATITUDE, MAX_LONGITUDE, GeoPoint, distance_m

_COLUMNS = ("number", "street", "lat", "lon")
_MOST_SHOWN = 10
# Streets this near to each other cross, since a line may end at its last house; of two crossings
# this near one is kept.
_CROSSING_M, _SAME_CROSSING_M = 35.0, 80.0
_METRES_PER_DEGREE = 111_195.0

_NO_DIGITS = re.compile(r"\D")

read_key = lru_cache(maxsize=None)(read_address)


class CityFileError(Route311Error):
    """A file of places has lines that cannot be read; the message names each and says why."""

    code = "city_file"


class AddressBookBuilder:
    """Collects the addresses, places and streets of a city.

    Args:
        own: Name of the city, which may end an address.
        former: Names of today by former name of a street.
    """

    def __init__(self, own: str, former: Mapping[str, str] | None = None) -> None:
        self._own, self._former = own, former or {}
        self._today = {self._key(old): new for old, new in self._former.items()}
        self._streets: dict[tuple[PlaceKey, str], BookStreet] = {}
        self._houses: defaultdict[int, dict[int, GeoPoint]] = defaultdict(dict)
        self._lines: defaultdict[int, list[Any]] = defaultdict(list)
        self._crossings: defaultdict[tuple[int, int], list[GeoPoint]] = defaultdict(list)
        self._places: dict[PlaceKey, BookPlace] = {}

    def read(self, file: Path) -> None:
        """Read a file: CSV, or GeoJSON whole or by line, each plain or compressed by gzip."""
        faults: list[str] = []
        is_table = ".csv" in file.suffixes
        add = self.add_row if is_table else self._add_feature
        is_empty = True
        try:
            for line, row in _rows(file) if is_table else _features(file):
                is_empty = False
                try:
                    add(row)
                except (ValueError, KeyError, TypeError) as error:
                    faults.append(f"line {line}: {error}")
        except (csv.Error, UnicodeDecodeError, json.JSONDecodeError, gzip.BadGzipFile) as error:
            raise CityFileError(f"{file}: not a CSV or GeoJSON file in UTF-8: {error}") from None
        if faults:
            more = len(faults) - _MOST_SHOWN
            shown = [*faults[:_MOST_SHOWN], *([f"and {more} more lines"] if more > 0 else [])]
            raise CityFileError("\n".join((f"{file}: correct or remove these lines", *shown)))
        if is_empty:
            raise CityFileError(f"{file}: has no places")

    def build(self) -> AddressBook:
        """Return the address book."""
        for old, new in self._former.items():
            if today := self._streets.get((self._key(new), "")):
                key = self._key(old)
                self._streets[key, ""] = today._replace(key=key)
        self._cross_lines()
        streets = list(self._streets.values())
        count = 1 + max((street.number for street in streets), default=-1)
        houses = [sorted(self._houses[index].items()) for index in range(count)]
        points = [to_integers(point) for some in houses for _, point in some]
        middles = [to_integers(self._middle(index)) for index in range(count)]
        return AddressBook(
            streets,
            list(self._places.values()),
            np.cumsum([0, *map(len, houses)], dtype=np.int32),
            np.array([number for some in houses for number, _ in some], np.int32),
            np.array(points, np.int32).reshape(-1, 2),
            np.array(middles, np.int32).reshape(-1, 2),
            self._crossings,
        )

    @property
    def sizes(self) -> dict[str, int]:
        """Numbers of addresses, streets and named places."""
        return {
            "addresses": sum(map(len, self._houses.values())),
            "streets": len({street.number for street in self._streets.values()}),
            "places": len(self._places),
        }

    def add_row(self, row: Mapping[str, str | None]) -> None:
        """Add the address, crossing or place of a row of CSV, or raise ``ValueError``."""
        name, street, number, city = (
            (row.get(column) or "").strip() for column in ("name", "street", "number", "city")
        )
        point = GeoPoint(
            _degrees(row["lat"], "lat", MAX_LATITUDE), _degrees(row["lon"], "lon", MAX_LONGITUDE)
        )
        if not name and not street:
            raise ValueError("name, street: give one of them")
        if street:
            self._add_address(number, street, "" if fold(city) == fold(self._own) else city, point)
        if name:
            self._add_place(name, point)

    def _add_address(self, number: str, street: str, city: str, point: GeoPoint) -> None:
        digits = _NO_DIGITS.split(number, maxsplit=1)[0]
        street = street.replace(",", "")
        keys = read_key(street, self._own)
        if digits.isdecimal() and len(keys) == 1:
            # A leading zero tells another side of the city.
            [key] = read_address(f"{digits} {street}", self._own) if digits[0] == "0" else keys
            label = street if key.direction == keys[0].direction else _turned(street, key)
            self._houses[self._street(label, city).number].setdefault(int(digits), point)
        elif not number and len(keys) == 2:  # noqa: PLR2004 - a crossing
            one, other = (self._street(part, "").number for part in _halves(street))
            self._crossings[min(one, other), max(one, other)].append(point)
        else:
            raise ValueError(
                "number, street: names no single place; write a house number and a street, or two "
                "streets as in 'NE 33rd Ave & NE Fremont St'"
            )

    def _add_place(self, name: str, point: GeoPoint) -> None:
        for key in read_address(name, self._own)[:1]:
            self._places.setdefault(key, BookPlace(key, name, point))

    def _add_feature(self, feature: Mapping[str, Any]) -> None:
        properties, shape = feature["properties"], feature["geometry"]
        street, number = properties.get("addr:street"), properties.get("addr:housenumber")
        name, kind = properties.get("name"), shape["type"]
        if kind == "Point" and street and number:
            longitude, latitude = shape["coordinates"][:2]
            self._add_address(number, street, "", GeoPoint(latitude, longitude))
        elif name and kind in {"LineString", "MultiLineString"}:
            lines = [shape["coordinates"]] if kind == "LineString" else shape["coordinates"]
            for index in {self._street(part, "").number for part in name.split(";")}:
                self._lines[index] += [np.array(line, np.float64)[:, :2] for line in lines]

    def _key(self, label: str) -> PlaceKey:
        keys = read_key(label.replace(",", ""), self._own)
        return keys[0]._replace(number="") if keys else PlaceKey("", fold(label), "", "")

    def _street(self, label: str, city: str) -> BookStreet:
        key = self._key(label)
        if new := self._today.get(key):
            label, key = new, self._key(new)
        made = BookStreet(key, short_label(label), city, len(self._streets))
        return self._streets.setdefault((key, city), made)

    def _middle(self, index: int) -> GeoPoint:
        """Return a point on the longest line of a street, or that of its middle house."""
        if lines := self._lines.get(index):
            longest = max(lines, key=len)
            longitude, latitude = longest[len(longest) // 2]
            return GeoPoint(latitude, longitude)
        points = [point for _, point in sorted(self._houses[index].items())]
        crossings = [p for pair, some in self._crossings.items() if index in pair for p in some]
        return (points or crossings or [GeoPoint(0, 0)])[len(points or crossings) // 2]

    def _cross_lines(self) -> None:
        """Add the points at which lines of two streets meet."""
        lines = [(one, line) for one, some in self._lines.items() for line in some if len(line) > 1]
        if not lines:
            return
        latitude = radians(float(lines[0][1][0][1]))
        scale = _METRES_PER_DEGREE * np.array([cos(latitude), 1.0])
        shapes = [LineString(line * scale) for _, line in lines]  # type: ignore[no-untyped-call] # shapely has no types
        near = shapely.STRtree(shapes).query(shapes, "dwithin", _CROSSING_M)  # type: ignore[no-untyped-call] # as above
        for one, other in near.T:
            a, b = lines[one][0], lines[other][0]
            if a < b:
                between = shapely.shortest_line(shapes[one], shapes[other])  # type: ignore[no-untyped-call] # as above
                middle = np.array(between.coords).mean(axis=0) / scale
                x, y = np.round(middle, 6).tolist()
                self._add_crossing((a, b), GeoPoint(y, x))

    def _add_crossing(self, pair: tuple[int, int], point: GeoPoint) -> None:
        known = self._crossings[pair]
        if all(distance_m(point, one) > _SAME_CROSSING_M for one in known):
            known.append(point)


def _turned(street: str, key: PlaceKey) -> str:
    return " ".join((key.direction.upper(), *street.split()[1:]))


def _halves(street: str) -> Iterable[str]:
    for joint in (" & ", " and ", "/", "@"):
        if joint in street:
            return street.split(joint, 1)
    return (street, street)


def _rows(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    with opened(file) as text:
        rows = csv.DictReader(text, strict=True)
        if missing := [name for name in _COLUMNS if name not in (rows.fieldnames or ())]:
            raise CityFileError(f"{file}: line 1: add the columns {', '.join(missing)}")
        for row in rows:
            yield rows.line_num, row


def _features(file: Path) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for _, line, feature in read_features(file):
        yield line, feature


def _degrees(text: str | None, column: str, limit: int) -> float:
    try:
        degrees = float(text or "")
    except ValueError:
        degrees = float("nan")
    if not -limit <= degrees <= limit:
        raise ValueError(f"{column}: write degrees from -{limit} to {limit}")
    return degrees


def read_former_names(file: Path) -> dict[str, str]:
    """Return today's names by former name of a CSV file; none without the file."""
    if not file.exists():
        return {}
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return {row["former"]: row["name"] for row in csv.DictReader(rows)}
