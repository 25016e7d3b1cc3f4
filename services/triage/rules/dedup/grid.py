"""Spatial index geometry: boxes around a point, and rows of latitude that hold cases."""

from math import asin, cos, degrees, floor, pi, radians, sin
from typing import NamedTuple

from shared.vocabulary import EARTH_RADIUS_M, MAX_LONGITUDE, GeoPoint

ROW_DEGREES = 0.002
"""Height of a row in degrees of latitude, some 222 m.

Cases are indexed by row, within a row by longitude. The database index has the same rows
(``migrations/0008_places.sql``).
"""

_SLACK_M = 0.01  # rounding must not exclude a point on the very edge
_ONCE_AROUND = 2 * MAX_LONGITUDE
_CORNERS = 2.0
_CIRCLE = 1.02  # on a sphere a circle bulges towards the equator, here by less than 1 %
_MAX_CIRCLE_M = 5_000  # beyond either bound the bulge is larger: search the whole box
_MAX_CIRCLE_LATITUDE = 80


class Box(NamedTuple):
    """A rectangle in WGS 84 degrees, bounds inclusive.

    Attributes:
        south: Lowest latitude.
        west: Lowest longitude.
        north: Highest latitude.
        east: Highest longitude.
        rim: Largest squared distance from the centre, in units of half the height and half the
            width. 1 is the inscribed ellipse, 2 includes the corners.
    """

    south: float
    west: float
    north: float
    east: float
    rim: float = _CORNERS

    @property
    def rows(self) -> range:
        """The rows that it overlaps."""
        return range(row_of(self.south), row_of(self.north) + 1)

    def union(self, other: "Box") -> "Box":
        """Return the smallest box around both, corners included."""
        if other == self:
            return self
        return Box(
            min(self.south, other.south),
            min(self.west, other.west),
            max(self.north, other.north),
            max(self.east, other.east),
        )


def row_of(latitude: float) -> int:
    """Return the row of a latitude."""
    return floor(latitude / ROW_DEGREES)


def boxes_around(point: GeoPoint, radius_m: float) -> tuple[Box, ...]:
    """Return boxes that contain every point within the radius, and little more.

    It is one box; across the antimeridian (180 degrees) it is two, one for each side.
    """
    reach = (radius_m + _SLACK_M) / EARTH_RADIUS_M
    up, across = degrees(reach), _degrees_across(point.latitude, reach)
    west, east = point.longitude - across, point.longitude + across
    is_circle = radius_m <= _MAX_CIRCLE_M and abs(point.latitude) <= _MAX_CIRCLE_LATITUDE
    rim = _CIRCLE if is_circle else _CORNERS
    box = Box(point.latitude - up, west, point.latitude + up, east, rim)
    if west < -MAX_LONGITUDE:
        return box, box._replace(west=west + _ONCE_AROUND, east=east + _ONCE_AROUND)
    if east > MAX_LONGITUDE:
        return box, box._replace(west=west - _ONCE_AROUND, east=east - _ONCE_AROUND)
    return (box,)


def latitude_degrees(metres: float) -> float:
    """Return metres along a meridian as degrees of latitude."""
    return degrees(metres / EARTH_RADIUS_M)


def _degrees_across(latitude: float, reach: float) -> float:
    """Return the half width of a circle of ``reach`` radians; 180 degrees around a pole."""
    to_pole = pi / 2 - abs(radians(latitude))
    if to_pole <= reach:
        return MAX_LONGITUDE
    return degrees(asin(sin(reach) / cos(radians(latitude))))
