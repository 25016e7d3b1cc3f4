"""Values that mean the same in every service."""

from dataclasses import dataclass
from math import asin, cos, radians, sin, sqrt

EARTH_RADIUS_M = 6_371_008.8  # mean radius R1, IUGG 1980 (Moritz 2000, Geodetic Reference System)
MAX_LATITUDE = 90
MAX_LONGITUDE = 180


@dataclass(frozen=True, slots=True)
class GeoPoint:
    """A point on the WGS 84 ellipsoid, in decimal degrees.

    Raises:
        ValueError: A coordinate lies outside the Earth's range, or is not a number.
    """

    latitude: float
    longitude: float

    def __post_init__(self) -> None:
        if not (abs(self.latitude) <= MAX_LATITUDE and abs(self.longitude) <= MAX_LONGITUDE):
            raise ValueError("not a point on Earth")


def distance_m(a: GeoPoint, b: GeoPoint) -> float:
    """Great-circle distance between two points.

    Args:
        a: One end, WGS 84 degrees.
        b: The other end, WGS 84 degrees.

    Returns:
        Metres along a sphere of radius ``EARTH_RADIUS_M``. The sphere stands in for the
        ellipsoid, so the result is off by at most 0.56 % (38 cm over a 67 m search radius).

    Source:
        R. W. Sinnott, "Virtues of the Haversine", Sky & Telescope 68(2), 1984, p. 159.
    """
    d_lat = radians(b.latitude - a.latitude)
    d_lon = radians(b.longitude - a.longitude)
    h = (
        sin(d_lat / 2) ** 2
        + cos(radians(a.latitude)) * cos(radians(b.latitude)) * sin(d_lon / 2) ** 2
    )
    return 2 * EARTH_RADIUS_M * asin(min(1.0, sqrt(h)))
