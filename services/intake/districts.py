"""On whose ground and in which part of the city each request of a batch lies."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from services.intake.inbound.validation import ValidatedSubmission
from services.intake.policy import City
from shared.vocabulary import GeoPoint


@dataclass(frozen=True, slots=True)
class AdminArea:
    """Where a point lies, as far as it can be told."""

    municipality: str | None = None
    district: str | None = None


_NOWHERE = AdminArea()


def locate_areas(drafts: Sequence[ValidatedSubmission]) -> list[AdminArea]:
    """Return where each draft lies, in order; those of one city are looked up together.

    Only a point that was seen counts, and not one that stands for "unknown".
    """
    areas = [_NOWHERE] * len(drafts)
    points: defaultdict[str, dict[int, GeoPoint]] = defaultdict(dict)
    cities: dict[str, City] = {}
    for index, draft in enumerate(drafts):
        if draft.place.point is not None and draft.place.precision == "point":
            cities[draft.city.jurisdiction.id] = draft.city
            points[draft.city.jurisdiction.id][index] = draft.place.point
    for name, city in cities.items():
        found = list(points[name].values())
        municipalities = city.boundaries.municipality(found)
        districts = city.boundaries.district(found)
        for index, municipality, district in zip(
            points[name], municipalities, districts, strict=True
        ):
            areas[index] = AdminArea(municipality, district)
    return areas
