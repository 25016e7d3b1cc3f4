"""Where a place near a point lies, so that it is found without measuring everything."""

from math import asin, cos, degrees, floor, pi, radians, sin
from typing import NamedTuple

from shared.vocabulary import EARTH_RADIUS_M, MAX_LONGITUDE, GeoPoint

ROW_DEGREES = 0.002
"""How high a row of the Earth is, some 222 m: places are kept by row, in a row by longitude.

The index over places has rows of this height too (``migrations/0008_places.sql``).
"""

_SLACK_M = 0.01  # rounding may not hide what lies on the very edge
_ONCE_AROUND = 2 * MAX_LONGITUDE
_CORNERS = 2.0
_CIRCLE = 1.02  # on a sphere a circle bulges towards the equator, here by less than 1 %
_ROUND_M = 5_000
_ROUND_LATITUDE = 80


class Box(NamedTuple):
    """What lies between two parallels and two meridians, those included.

    Attributes:
        rim: How far off the middle a place may be: the squares of its shares of half the height
            and half the width, added up. Beyond 1 lie the corners, which end at 2.
    """

    south: float
    west: float
    north: float
    east: float
    rim: float = _CORNERS

    @property
    def rows(self) -> range:
        """The rows that it has a part of."""
        return range(row_of(self.south), row_of(self.north) + 1)

    def union(self, other: "Box") -> "Box":
        """Return the smallest box that holds both."""
        if other == self:
            return self
        return Box(
            min(self.south, other.south),
            min(self.west, other.west),
            max(self.north, other.north),
            max(self.east, other.east),
        )


def row_of(latitude: float) -> int:
    """Return the row in which a place of this latitude is kept."""
    return floor(latitude / ROW_DEGREES)


def boxes_around(point: GeoPoint, radius_m: float) -> tuple[Box, ...]:
    """Return what holds every point within the radius, and little more.

    It is one box; where longitudes jump from 180 to -180 the same once more from the other side.
    """
    reach = (radius_m + _SLACK_M) / EARTH_RADIUS_M
    up, across = degrees(reach), _degrees_across(point.latitude, reach)
    west, east = point.longitude - across, point.longitude + across
    is_round = radius_m <= _ROUND_M and abs(point.latitude) <= _ROUND_LATITUDE
    rim = _CIRCLE if is_round else _CORNERS
    box = Box(point.latitude - up, west, point.latitude + up, east, rim)
    if west < -MAX_LONGITUDE:
        return box, box._replace(west=west + _ONCE_AROUND, east=east + _ONCE_AROUND)
    if east > MAX_LONGITUDE:
        return box, box._replace(west=west - _ONCE_AROUND, east=east - _ONCE_AROUND)
    return (box,)


def latitude_degrees(metres: float) -> float:
    """Return by how many degrees a place lies north of one that is so far south of it."""
    return degrees(metres / EARTH_RADIUS_M)


def _degrees_across(latitude: float, reach: float) -> float:
    """Return how far east a circle of ``reach`` radians goes: all around when it holds a pole."""
    to_pole = pi / 2 - abs(radians(latitude))
    if to_pole <= reach:
        return MAX_LONGITUDE
    return degrees(asin(sin(reach) / cos(radians(latitude))))
