"""A grid over the Earth, so that what lies near a point is found without measuring everything.

Rows are equally high; the cells of a row are equally wide, and about as wide as they are high. The
size is fixed, so a stored cell stays right whatever radius the catalogue gives a kind later.
"""

from collections.abc import Iterator
from functools import lru_cache
from math import asin, cos, degrees, floor, pi, radians, sin
from typing import TypeAlias

from shared.values import EARTH_RADIUS_M, MAX_LONGITUDE, GeoPoint

CELL_M = 75.0

Cells: TypeAlias = tuple[int, int]
"""Neighbouring cells of one row: the first and the last, both included."""

_ROW_DEGREES = degrees(CELL_M / EARTH_RADIUS_M)
_ROW_STRIDE = 1 << 20  # more than the 533,737 cells of the longest row
_SLACK_M = 0.01  # rounding may not hide what lies on the very edge
_ONCE_AROUND = 2 * MAX_LONGITUDE


def cell_of(point: GeoPoint) -> int:
    """Return the cell that holds the point."""
    row = _row(point.latitude)
    return _cell(row, point.longitude * _per_degree(row))


def cells_around(point: GeoPoint, radius_m: float) -> list[Cells]:
    """Return the cells of every point within the radius, and some more, row by row."""
    reach = (radius_m + _SLACK_M) / EARTH_RADIUS_M
    rows = _row(point.latitude - degrees(reach)), _row(point.latitude + degrees(reach))
    across = _degrees_across(point.latitude, reach)
    spans = list(_spans(point.longitude - across, point.longitude + across))
    return [
        (_cell(row, west * wide), _cell(row, east * wide))
        for row in range(rows[0], rows[1] + 1)
        for wide in (_per_degree(row),)
        for west, east in spans
    ]


def _row(latitude: float) -> int:
    return floor(latitude / _ROW_DEGREES)


@lru_cache(maxsize=1 << 12)
def _per_degree(row: int) -> float:
    """Return how many cells of a row a degree of longitude has."""
    shrunk = max(cos(radians((row + 0.5) * _ROW_DEGREES)), 0.0) or 1.0
    return shrunk / _ROW_DEGREES


def _cell(row: int, across: float) -> int:
    return row * _ROW_STRIDE + floor(across)


def _degrees_across(latitude: float, reach: float) -> float:
    """Return how far east a circle of ``reach`` radians goes: all around when it holds a pole."""
    to_pole = pi / 2 - abs(radians(latitude))
    if to_pole <= reach:
        return MAX_LONGITUDE
    return degrees(asin(sin(reach) / cos(radians(latitude))))


def _spans(west: float, east: float) -> Iterator[tuple[float, float]]:
    """Cut the span where longitudes jump from 180 to -180."""
    yield max(west, -MAX_LONGITUDE), min(east, MAX_LONGITUDE)
    if west < -MAX_LONGITUDE:
        yield west + _ONCE_AROUND, MAX_LONGITUDE
    if east > MAX_LONGITUDE:
        yield -MAX_LONGITUDE, east - _ONCE_AROUND
