"""Point-in-polygon look-ups: the municipality and the district of a point.

Import this only where it is needed: shapely and numpy take some 30 MB.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import cos, radians
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from shared.catalogue.jurisdiction import DISTRICTS
from shared.vocabulary import EARTH_RADIUS_M, GeoPoint

LIMITS = "limits.geojson"
NEIGHBOURS = "neighbours.geojson"
AREAS = "areas.geojson"

# Distance outside the city limits, in metres, at which a point still counts as the city's.
# Points come from phones and geocoders, and streets along a border are often the city's.
TOLERANCE_M = 50.0

UNINCORPORATED = "unincorporated"
ELSEWHERE = "elsewhere"
# Distance from the city limits in metres beyond which nobody near by is responsible.
FAR_M = 30_000.0

Floats: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Area:
    code: str
    outline: BaseGeometry


class CityBoundaries:
    """The polygons of one jurisdiction, loaded once.

    Without a file of limits or districts its look-ups return None for every point.
    """

    def __init__(self, jurisdiction: str, folder: Path) -> None:
        limits = _load_areas(folder / LIMITS)
        self._own = [_Area(jurisdiction, _buffer(area.outline, TOLERANCE_M)) for area in limits]
        self._neighbours = _load_areas(folder / NEIGHBOURS)
        self._around = [_Area(UNINCORPORATED, _buffer(one.outline, FAR_M)) for one in limits]
        self._districts = _load_areas(folder / DISTRICTS)
        for area in (*self._own, *self._neighbours, *self._around, *self._districts):
            shapely.prepare(area.outline)  # type: ignore[no-untyped-call]  # shapely has no types

    def municipality(self, points: Sequence[GeoPoint]) -> list[str | None]:
        """Return for each point the jurisdiction, a neighbour's code, or ``unincorporated``.

        Farther away than ``FAR_M`` it is ``elsewhere``. A point up to ``TOLERANCE_M`` outside the
        limits is the jurisdiction's own, even in a neighbour's area.
        """
        if not self._own:
            return [None] * len(points)
        areas = (*self._own, *self._neighbours, *self._around)
        return _first_containing(points, areas, ELSEWHERE)

    def district(self, points: Sequence[GeoPoint]) -> list[str | None]:
        """Return for each point its district, or None outside all districts."""
        return _first_containing(points, self._districts, None)


class Areas:
    """The polygons that a jurisdiction's routing rules name; they may overlap."""

    def __init__(self, folder: Path) -> None:
        self._areas = _load_areas(folder / AREAS)
        for area in self._areas:
            shapely.prepare(area.outline)  # type: ignore[no-untyped-call]  # shapely has no types

    def containing(self, point: GeoPoint) -> frozenset[str]:
        """Return the codes of the polygons that contain a point; their borders count."""
        longitudes, latitudes = np.array([point.longitude]), np.array([point.latitude])
        found = (a for a in self._areas if _contains(a.outline, longitudes, latitudes)[0])
        return frozenset(area.code for area in found)


def _first_containing(
    points: Sequence[GeoPoint], areas: Iterable[_Area], default: str | None
) -> list[str | None]:
    longitudes: Floats = np.array([point.longitude for point in points], dtype=np.float64)
    latitudes: Floats = np.array([point.latitude for point in points], dtype=np.float64)
    codes: list[str | None] = [default] * len(points)
    unassigned = np.ones(len(points), dtype=np.bool_)
    for area in areas:
        if not unassigned.any():
            break
        inside = unassigned & _contains(area.outline, longitudes, latitudes)
        for i in np.flatnonzero(inside):
            codes[i] = area.code
        unassigned &= ~inside
    return codes


def district_boxes(folder: Path) -> Mapping[str, tuple[float, float, float, float]]:
    """Return the west, south, east and north side of a city's districts by code."""
    return {area.code: area.outline.bounds for area in _load_areas(folder / DISTRICTS)}


def _features(path: Path) -> Sequence[Mapping[str, Any]]:
    if not path.exists():
        return []
    found: Sequence[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["features"]
    return found


def _load_areas(path: Path) -> list[_Area]:
    return [
        _Area(f["properties"]["code"], shape(f["geometry"]))  # type: ignore[no-untyped-call] # shapely has no types
        for f in _features(path)
    ]


def _contains(outline: BaseGeometry, longitudes: Floats, latitudes: Floats) -> NDArray[np.bool_]:
    inside: NDArray[np.bool_] = shapely.intersects_xy(  # type: ignore[no-untyped-call] # shapely has no types
        outline, longitudes, latitudes
    )
    return inside


def _buffer(outline: BaseGeometry, metres: float) -> BaseGeometry:
    """Return the outline buffered outwards, on an equirectangular plane around its centroid."""
    latitude = outline.centroid.y
    scale = radians(1) * EARTH_RADIUS_M * np.array([cos(radians(latitude)), 1.0])

    def to_metres(degrees: Floats) -> Floats:
        return degrees * scale

    def to_degrees(metres: Floats) -> Floats:
        return metres / scale

    buffered: BaseGeometry = shapely.transform(outline, to_metres).buffer(metres)
    result: BaseGeometry = shapely.transform(buffered, to_degrees)
    return result
