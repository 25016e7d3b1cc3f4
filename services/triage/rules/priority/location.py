"""Reasons from a report's location: a school, a bridge, a main street, a stop."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, degrees, hypot, radians
from typing import NamedTuple

from services.triage.rules.priority.score import MatchedConditions
from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.circumstances import Circumstances, Line, PlaceType
from shared.text_matching import PhraseIndex, fold
from shared.vocabulary import EARTH_RADIUS_M, GeoPoint, ScoreReason


class ReportLocation(NamedTuple):
    """Location of a report; the point is None unless it is exact to a few metres."""

    address: str | None = None
    point: GeoPoint | None = None


NO_LOCATION = ReportLocation()


class PlaceFinder:
    """Finds the places of one city that raise the priority of a report."""

    def __init__(self, jurisdiction: Jurisdiction, circumstances: Circumstances) -> None:
        self._max_points = circumstances.max_place_points
        self._address_index = _index(jurisdiction, circumstances)
        self._places_by_kind = {
            code: [
                place
                for place in circumstances.places
                if set(place.when).isdisjoint(service.hazard_conditions)
            ]
            for code, service in jurisdiction.services.items()
            if code in circumstances.kinds
        }
        self._lines = {
            place.code: [_bounded(line, place.within_m) for line in place.lines]
            for place in circumstances.places
        }

    def reasons(
        self, service: ServiceType, conditions: MatchedConditions, location: ReportLocation
    ) -> Iterator[ScoreReason]:
        """Yield a reason for each place that the report is in, with its evidence.

        The report's own words take precedence over its address, and the address over its point.
        A place that is a hazard condition of the kind counts only as a hazard.
        """
        places = self._places_by_kind.get(service.code)
        if not places:
            return
        points_left = self._max_points
        hits = self._address_index.find(fold(location.address)) if location.address else ()
        in_address = {hit.code: hit.phrase for hit in hits}
        for place in places:
            stated = next((conditions[code] for code in place.when if code in conditions), None)
            evidence = stated or in_address.get(place.code) or self._near(place, location.point)
            if evidence is not None and points_left:
                points = min(place.points, points_left)
                points_left -= points
                yield ScoreReason(place.code, points, evidence)

    def _near(self, place: PlaceType, point: GeoPoint | None) -> str | None:
        if point is None:
            return None
        for bounded in self._lines[place.code]:
            if bounded.contains(point) and _distance_m(point, bounded.line) <= place.within_m:
                return bounded.line.name
        return None


@dataclass(frozen=True, slots=True)
class _BoundedLine:
    """A line with the bounding box, in degrees, of every point near it."""

    line: Line
    south: float
    north: float
    west: float
    east: float

    def contains(self, point: GeoPoint) -> bool:
        return (
            self.south <= point.latitude <= self.north and self.west <= point.longitude <= self.east
        )


def _bounded(line: Line, within_m: float) -> _BoundedLine:
    up = degrees(within_m / EARTH_RADIUS_M)
    aside = up / cos(radians(line.start.latitude))
    south, north = sorted((line.start.latitude, line.end.latitude))
    west, east = sorted((line.start.longitude, line.end.longitude))
    return _BoundedLine(line, south - up, north + up, west - aside, east + aside)


def _index(jurisdiction: Jurisdiction, circumstances: Circumstances) -> PhraseIndex:
    conditions = [
        (place.code, jurisdiction.conditions[code])
        for place in circumstances.places
        for code in place.when
    ]
    return PhraseIndex.of(
        ((code, text) for code, c in conditions for text in (*c.phrases.en, *c.phrases.es)),
        ((code, text) for code, c in conditions for text in (*c.exceptions.en, *c.exceptions.es)),
    )


def _distance_m(point: GeoPoint, line: Line) -> float:
    """Return the metres from a point to an infinite line, on a flat Earth."""
    x, y = _metres_from(point, line.start)
    to_x, to_y = _metres_from(line.end, line.start)
    along = (x * to_x + y * to_y) / ((to_x * to_x + to_y * to_y) or 1.0)
    return hypot(x - along * to_x, y - along * to_y)


def _metres_from(point: GeoPoint, origin: GeoPoint) -> tuple[float, float]:
    east = radians(point.longitude - origin.longitude) * cos(radians(origin.latitude))
    return EARTH_RADIUS_M * east, EARTH_RADIUS_M * radians(point.latitude - origin.latitude)
