"""Locations: streets inside the city, chosen by hand, and a few addresses just outside."""

import csv
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from math import cos, radians
from pathlib import Path

from shared.vocabulary import GeoPoint, distance_m
from workbench.demo.scenario.randomness import Random

_FILE = Path(__file__).with_name("streets.csv")
_METRES_PER_DEGREE = 111_195
_OFF_CENTRE_M = 6.0


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A point with its postal address and the name of its street."""

    point: GeoPoint
    address: str
    street: str

    def shifted(self, east_m: float) -> "NamedPlace":
        """Return a point ``east_m`` metres further east under the same address."""
        return NamedPlace(moved(self.point, east_m=east_m), self.address, self.street)

    def blurred(self, within_m: float, rng: Random) -> "NamedPlace":
        """Return a random point at most ``within_m`` metres away under the same address."""
        return NamedPlace(near(self.point, within_m, rng), self.address, self.street)


@dataclass(frozen=True, slots=True)
class Street:
    """A nearly straight stretch of a street, with the house numbers at its ends.

    Attributes:
        low: House number at ``begin``.
        begin: One end, WGS 84 degrees.
        high: House number at ``end``.
        end: The other end, WGS 84 degrees.
    """

    name: str
    low: int
    begin: GeoPoint
    high: int
    end: GeoPoint

    def random_place(self, rng: Random) -> NamedPlace:
        """Return an address on the street, a few metres off its centre line."""
        share, begin, end = rng.random(), self.begin, self.end
        latitude = begin.latitude + share * (end.latitude - begin.latitude)
        longitude = begin.longitude + share * (end.longitude - begin.longitude)
        number = round(self.low + share * (self.high - self.low))
        point = near(GeoPoint(latitude, longitude), _OFF_CENTRE_M, rng)
        return NamedPlace(point, f"{number} {self.name}", self.name)


@cache
def streets() -> tuple[Street, ...]:
    """Return the streets of ``streets.csv``."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    return tuple(
        Street(name, int(low), _point(lat, lon), int(high), _point(end_lat, end_lon))
        for name, low, lat, lon, high, end_lat, end_lon in rows
    )


OUTSIDE = (
    NamedPlace(GeoPoint(45.4985, -122.4315), "300 NE Roberts Ave, Gresham", "NE Roberts Ave"),
    NamedPlace(GeoPoint(45.4977, -122.4402), "1400 W Powell Blvd, Gresham", "W Powell Blvd"),
    NamedPlace(GeoPoint(45.4446, -122.6400), "10700 SE Main St, Milwaukie", "SE Main St"),
    NamedPlace(GeoPoint(45.4870, -122.8045), "4700 SW Watson Ave, Beaverton", "SW Watson Ave"),
)
"""Addresses in neighbouring cities that residents take for Portland."""


def random_place(
    rng: Random, keep_off: Collection[GeoPoint] = (), keep_off_m: float = 0
) -> NamedPlace:
    """Return an address in the city; long streets are drawn more often.

    Args:
        keep_off: Points whose surroundings are left out.
        keep_off_m: Radius of those surroundings in metres, inclusive.
    """
    while True:
        place = rng.choices(streets(), _lengths_m())[0].random_place(rng)
        if all(distance_m(place.point, point) > keep_off_m for point in keep_off):
            return place


def near(point: GeoPoint, within_m: float, rng: Random) -> GeoPoint:
    """Return a random point of the square around a point.

    Args:
        within_m: Distance of its corners from the centre in metres.
    """
    side = within_m / 2**0.5
    return moved(point, north_m=rng.uniform(-side, side), east_m=rng.uniform(-side, side))


def moved(point: GeoPoint, *, north_m: float = 0, east_m: float = 0) -> GeoPoint:
    """Return the point moved on a sphere; accurate for some hundred metres.

    Args:
        north_m: Metres to the north.
        east_m: Metres to the east.
    """
    per_degree_east = _METRES_PER_DEGREE * cos(radians(point.latitude))
    return GeoPoint(
        round(point.latitude + north_m / _METRES_PER_DEGREE, 6),
        round(point.longitude + east_m / per_degree_east, 6),
    )


@cache
def _lengths_m() -> tuple[float, ...]:
    return tuple(distance_m(street.begin, street.end) for street in streets())


def _point(latitude: str, longitude: str) -> GeoPoint:
    return GeoPoint(float(latitude), float(longitude))
