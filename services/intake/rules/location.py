"""Where a problem is, and how far that may be believed."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from shared.vocabulary import GeoPoint

_SAME_DEGREES = 1e-5  # about one metre; stand-ins are copied, not measured


@dataclass(frozen=True, slots=True)
class ResolvedLocation:
    """What a submission says about where, brought into one form.

    Attributes:
        point: None where there is none, or where it stands for "unknown" beside an address.
        accuracy_m: Of the point; None without one.
        precision: ``default`` is a point that stands for "unknown" and nothing else.
    """

    point: GeoPoint | None
    accuracy_m: float | None
    precision: Literal["point", "address", "default", "none"]
    address: str | None


def resolve_location(
    point: GeoPoint | None,
    accuracy_m: float | None,
    address: str | None,
    default_points: Iterable[GeoPoint],
) -> ResolvedLocation:
    """Return where a problem is.

    Args:
        point: As handed in.
        accuracy_m: As handed in.
        address: Tidied; None for a blank one.
        default_points: Coordinates that the city's systems write for "unknown"; the point where
            the equator meets the prime meridian is one everywhere.
    """
    if point is not None and not _stands_for_unknown(point, default_points):
        return ResolvedLocation(point, accuracy_m, "point", address)
    if address is not None:
        return ResolvedLocation(None, None, "address", address)
    if point is not None:
        return ResolvedLocation(point, accuracy_m, "default", None)
    return ResolvedLocation(None, None, "none", None)


def _stands_for_unknown(point: GeoPoint, default_points: Iterable[GeoPoint]) -> bool:
    return _same(point, GeoPoint(0, 0)) or any(_same(point, other) for other in default_points)


def _same(one: GeoPoint, other: GeoPoint) -> bool:
    return (
        abs(one.latitude - other.latitude) < _SAME_DEGREES
        and abs(one.longitude - other.longitude) < _SAME_DEGREES
    )
