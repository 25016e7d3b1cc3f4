"""What the place of a report adds to its urgency: a school, a bridge, a main street, a stop."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, degrees, hypot, radians
from typing import NamedTuple

from services.triage.rules.priority.conditions import MatchedConditions
from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.circumstances import Circumstances, Line, PlaceType
from shared.text_matching import PhraseIndex, fold
from shared.vocabulary import EARTH_RADIUS_M, GeoPoint, ScoreReason


class Spot(NamedTuple):
    """Where a report lies.

    Attributes:
        point: None where it is not known to a few metres.
    """

    address: str | None = None
    point: GeoPoint | None = None


NOWHERE = Spot()


class PlaceFinder:
    """Finds the places of one city that make a problem more pressing."""

    def __init__(self, jurisdiction: Jurisdiction, circumstances: Circumstances) -> None:
        self._most = circumstances.max_place_points
        self._in_addresses = _index(jurisdiction, circumstances)
        self._counting = {
            code: [place for place in circumstances.places if not _is_hazard(place, service)]
            for code, service in jurisdiction.services.items()
            if code in circumstances.kinds
        }
        self._stretches = {
            place.code: [_stretch(line, place.within_m) for line in place.lines]
            for place in circumstances.places
        }

    def points(
        self, service: ServiceType, met: MatchedConditions, spot: Spot
    ) -> Iterator[ScoreReason]:
        """Yield a reason for each place that the report lies at, with the words that say so.

        What the words of the report state comes before its address, and that before its point. A
        place that is a hazard of the kind counts as that and not once more.

        Args:
            service: Kind of the report.
            met: Conditions that it states.
            spot: Where it lies.
        """
        counting = self._counting.get(service.code)
        if not counting:
            return
        left = self._most
        stated = self._stated_by(spot.address) if spot.address else {}
        for place in counting:
            evidence = _said(place, met) if met else None
            evidence = evidence or stated.get(place.code) or self._line_at(place, spot.point)
            if evidence is not None and left:
                added = min(place.points, left)
                left -= added
                yield ScoreReason(place.code, added, evidence)

    def _stated_by(self, address: str) -> dict[str, str]:
        return {hit.code: hit.phrase for hit in self._in_addresses.find(fold(address))}

    def _line_at(self, place: PlaceType, point: GeoPoint | None) -> str | None:
        if point is None:
            return None
        at = (stretch.line for stretch in self._stretches[place.code] if stretch.may_hold(point))
        return next((line.name for line in at if _away_m(point, line) <= place.within_m), None)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A line with the degrees between which everything near it lies."""

    line: Line
    south: float
    north: float
    west: float
    east: float

    def may_hold(self, point: GeoPoint) -> bool:
        return (
            self.south <= point.latitude <= self.north and self.west <= point.longitude <= self.east
        )


def _stretch(line: Line, within_m: float) -> _Stretch:
    up = degrees(within_m / EARTH_RADIUS_M)
    aside = up / cos(radians(line.start.latitude))
    south, north = sorted((line.start.latitude, line.end.latitude))
    west, east = sorted((line.start.longitude, line.end.longitude))
    return _Stretch(line, south - up, north + up, west - aside, east + aside)


def _is_hazard(place: PlaceType, service: ServiceType) -> bool:
    return not set(place.when).isdisjoint(service.hazard_conditions)


def _index(jurisdiction: Jurisdiction, circumstances: Circumstances) -> PhraseIndex:
    known = [
        (place.code, jurisdiction.conditions[code])
        for place in circumstances.places
        for code in place.when
    ]
    return PhraseIndex(
        ((c, text) for c, of in known for text in (*of.phrases.en, *of.phrases.es)),
        ((c, text) for c, of in known for text in (*of.exceptions.en, *of.exceptions.es)),
    )


def _said(place: PlaceType, met: MatchedConditions) -> str | None:
    return next((met[code] for code in place.when if code in met), None)


def _away_m(point: GeoPoint, line: Line) -> float:
    """Return the metres from a point to a line, as long as it may go on, on a flat Earth."""
    x, y = _flat(point, line.start)
    to_x, to_y = _flat(line.end, line.start)
    along = (x * to_x + y * to_y) / ((to_x * to_x + to_y * to_y) or 1.0)
    return hypot(x - along * to_x, y - along * to_y)


def _flat(point: GeoPoint, origin: GeoPoint) -> tuple[float, float]:
    east = radians(point.longitude - origin.longitude) * cos(radians(origin.latitude))
    return EARTH_RADIUS_M * east, EARTH_RADIUS_M * radians(point.latitude - origin.latitude)
