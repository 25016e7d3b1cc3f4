"""Administrative areas of a batch of requests: municipality and district."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.intake.inbound.validation import ValidatedSubmission
from services.intake.policy import ServedCity
from services.intake.rules.location import ResolvedLocation
from shared.contract.events import Location
from shared.vocabulary import GeoPoint


@dataclass(frozen=True, slots=True)
class AdminArea:
    """The municipality and district of a point; None where it is in no known one."""

    municipality: str | None = None
    district: str | None = None


def locate_areas(submissions: Sequence[ValidatedSubmission]) -> list[AdminArea]:
    """Return the area of each submission, none for placeholder points, by one lookup per city."""
    areas = [AdminArea()] * len(submissions)
    points: defaultdict[str, dict[int, GeoPoint]] = defaultdict(dict)
    for index, one in enumerate(submissions):
        if one.location.point is not None and one.location.precision != "default":
            points[one.city.jurisdiction.id][index] = one.location.point
    for city in {one.city.jurisdiction.id: one.city for one in submissions}.values():
        of_city = points[city.jurisdiction.id]
        areas_of_city = _areas(list(of_city.values()), city)
        for index, area in zip(of_city, areas_of_city, strict=True):
            areas[index] = area
    return areas


def area_of(point: GeoPoint | None, city: ServedCity) -> AdminArea:
    """Return the area of a measured point; an unknown one without a point."""
    return next(_areas([point], city)) if point is not None else AdminArea()


def _areas(points: Sequence[GeoPoint], city: ServedCity) -> Iterator[AdminArea]:
    return map(AdminArea, city.boundaries.municipality(points), city.boundaries.district(points))


def to_location(
    location: ResolvedLocation, area: AdminArea, details: str | None = None
) -> Location:
    """Return a location as events have it."""
    return Location(
        latitude=location.point.latitude if location.point else None,
        longitude=location.point.longitude if location.point else None,
        accuracy_m=location.accuracy_m,
        precision=location.precision,
        address=location.address,
        disagrees_m=location.disagrees_m,
        details=details,
        district=area.district,
        municipality=area.municipality,
    )
