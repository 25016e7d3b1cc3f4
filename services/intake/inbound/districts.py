"""Administrative areas of a batch of requests: municipality and district."""

from collections import defaultdict
from collections.abc import Sequence
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


_UNKNOWN = AdminArea()


def locate_areas(submissions: Sequence[ValidatedSubmission]) -> list[AdminArea]:
    """Return the area of each submission, none for placeholder points, by one lookup per city."""
    areas = [_UNKNOWN] * len(submissions)
    points: defaultdict[str, dict[int, GeoPoint]] = defaultdict(dict)
    cities: dict[str, ServedCity] = {}
    for index, submission in enumerate(submissions):
        if submission.location.point is not None and submission.location.precision != "default":
            city_id = submission.city.jurisdiction.id
            cities[city_id] = submission.city
            points[city_id][index] = submission.location.point
    for city_id, city in cities.items():
        located = list(points[city_id].values())
        found = zip(
            points[city_id],
            city.boundaries.municipality(located),
            city.boundaries.district(located),
            strict=True,
        )
        for index, municipality, district in found:
            areas[index] = AdminArea(municipality, district)
    return areas


def area_of(point: GeoPoint | None, city: ServedCity) -> AdminArea:
    """Return the area of a measured point; an unknown one without a point."""
    if point is None:
        return _UNKNOWN
    [municipality], [district] = (
        city.boundaries.municipality([point]),
        city.boundaries.district([point]),
    )
    return AdminArea(municipality, district)


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
