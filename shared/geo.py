"""On whose ground and in which part of a city a point lies.

Only who must know imports this: shapely and numpy take some 30 MB.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path
from typing import TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from shared.vocabulary import EARTH_RADIUS_M, GeoPoint

LIMITS = "limits.geojson"
NEIGHBOURS = "neighbours.geojson"
DISTRICTS = "districts.geojson"

TOLERANCE_M = 50.0
"""How far outside its limits a point still counts as the city's own.

Points come from phones and geocoders, and streets along a border are often the city's.
"""

UNINCORPORATED = "unincorporated"

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Area:
    code: str
    outline: BaseGeometry


class CityBoundaries:
    """The polygons of one jurisdiction, read once.

    A folder without a file of limits or districts is a city about which nothing is known: every
    answer is then None.
    """

    def __init__(self, jurisdiction: str, folder: Path) -> None:
        """Read the polygons in a jurisdiction's folder of the catalogue."""
        limits = _read(folder / LIMITS)
        self._own = [_Area(jurisdiction, _widened(area.outline, TOLERANCE_M)) for area in limits]
        self._neighbours = _read(folder / NEIGHBOURS)
        self._districts = _read(folder / DISTRICTS)
        for area in (*self._own, *self._neighbours, *self._districts):
            shapely.prepare(area.outline)  # type: ignore[no-untyped-call]  # shapely has no types

    def municipality(self, points: Sequence[GeoPoint]) -> list[str | None]:
        """Return for each point the jurisdiction, a neighbour's code, or ``unincorporated``.

        Up to ``TOLERANCE_M`` outside the limits, also on a neighbour's ground, it is the
        jurisdiction's own.
        """
        if not self._own:
            return [None] * len(points)
        return _first_around(points, (*self._own, *self._neighbours), UNINCORPORATED)

    def district(self, points: Sequence[GeoPoint]) -> list[str | None]:
        """Return for each point the part of the city, or None outside all of them."""
        return _first_around(points, self._districts, None)


def _first_around(
    points: Sequence[GeoPoint], areas: Iterable[_Area], otherwise: str | None
) -> list[str | None]:
    longitudes: Floats = np.array([point.longitude for point in points], dtype=np.float64)
    latitudes: Floats = np.array([point.latitude for point in points], dtype=np.float64)
    codes: list[str | None] = [otherwise] * len(points)
    unknown = np.ones(len(points), dtype=np.bool_)
    for area in areas:
        if not unknown.any():
            break
        inside = unknown & _lies_in(area.outline, longitudes, latitudes)
        for i in np.flatnonzero(inside):
            codes[i] = area.code
        unknown &= ~inside
    return codes


def _read(path: Path) -> list[_Area]:
    if not path.exists():
        return []
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    return [
        _Area(f["properties"]["code"], shape(f["geometry"]))  # type: ignore[no-untyped-call]
        for f in features
    ]


def _lies_in(outline: BaseGeometry, longitudes: Floats, latitudes: Floats) -> NDArray[np.bool_]:
    lies: NDArray[np.bool_] = shapely.intersects_xy(  # type: ignore[no-untyped-call]
        outline, longitudes, latitudes
    )
    return lies


def _widened(outline: BaseGeometry, by_m: float) -> BaseGeometry:
    """Return the outline moved outwards by some metres, measured on a plane around it."""
    middle = outline.centroid.y
    scale = radians(1) * EARTH_RADIUS_M * np.array([cos(radians(middle)), 1.0])

    def to_metres(degrees: Floats) -> Floats:
        return degrees * scale

    def to_degrees(metres: Floats) -> Floats:
        return metres / scale

    widened: BaseGeometry = shapely.transform(outline, to_metres).buffer(by_m)
    result: BaseGeometry = shapely.transform(widened, to_degrees)
    return result
