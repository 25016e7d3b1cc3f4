"""Location of a problem and its precision."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from shared.vocabulary import GeoPoint, LocationPrecision, distance_m

_SAME_DEGREES = 1e-5  # about one metre; placeholder points are copied, not measured
_DISAGREES_M = 250.0
_NULL_ISLAND = GeoPoint(0, 0)
_PUBLIC_DECIMALS = 3


@dataclass(frozen=True, slots=True)
class ResolvedLocation:
    """The location of a submission in one form.

    Attributes:
        point: None without one, and for a placeholder point beside an address.
        precision: ``default`` for a placeholder point without an address.
        disagrees_m: Metres from the point to its address, when more than 250.
    """

    point: GeoPoint | None
    accuracy_m: float | None
    precision: LocationPrecision
    address: str | None
    disagrees_m: float | None = None


def resolve_location(
    point: GeoPoint | None,
    accuracy_m: float | None,
    address: str | None,
    default_points: Iterable[GeoPoint],
) -> ResolvedLocation:
    """Return the location of a problem; an address takes precedence over a placeholder point.

    Args:
        default_points: Placeholders of the city's systems for "unknown"; latitude and longitude 0
            is one everywhere.
    """
    if point is not None and not _is_placeholder(point, default_points):
        return ResolvedLocation(point, accuracy_m, "point", address)
    if address is not None:
        return ResolvedLocation(None, None, "address", address)
    if point is not None:
        return ResolvedLocation(point, accuracy_m, "default", None)
    return ResolvedLocation(None, None, "none", None)


def with_geocoded(location: ResolvedLocation, found: GeoPoint | None) -> ResolvedLocation:
    """Return a location with the point that a geocoder found for its address.

    An address alone gets the point. A measured point stays, with its distance from the address
    where that is more than 250 m: a person must decide between them.
    """
    if found is None:
        return location
    if location.point is None:
        return replace(location, point=found)
    apart_m = distance_m(location.point, found)
    return replace(location, disagrees_m=round(apart_m, 1)) if apart_m > _DISAGREES_M else location


def public_degrees(degrees: float | None) -> float | None:
    """Return degrees rounded to about 100 m: enough to recognize one's own report."""
    return None if degrees is None else round(degrees, _PUBLIC_DECIMALS)


def _is_placeholder(point: GeoPoint, default_points: Iterable[GeoPoint]) -> bool:
    return any(
        abs(point.latitude - other.latitude) < _SAME_DEGREES
        and abs(point.longitude - other.longitude) < _SAME_DEGREES
        for other in (_NULL_ISLAND, *default_points)
    )
