"""Search for candidate cases: queries, and the in-memory index of a batch."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import asin, cos, degrees, floor, pi, radians, sin
from typing import NamedTuple

from services.triage.rules.dedup.model import Report, TriageCase
from services.triage.rules.dedup.scoring import PointUse, PointUses
from shared.vocabulary import EARTH_RADIUS_M, MAX_LONGITUDE, GeoPoint

# Height of a row in degrees of latitude, some 222 m. Cases are indexed by row, within a row by
# longitude. The database index has the same rows (``migrations/0008_places.sql``).
ROW_DEGREES = 0.002
_SLACK_M = 0.01  # rounding must not exclude a point on the very edge
_ONCE_AROUND = 2 * MAX_LONGITUDE
_CORNERS = 2.0
_CIRCLE = 1.02  # on a sphere a circle bulges towards the equator, here by less than 1 %
_MAX_CIRCLE_M = 5_000  # beyond either bound the bulge is larger: search the whole box
_MAX_CIRCLE_LATITUDE = 80


class Box(NamedTuple):
    """A rectangle in WGS 84 degrees, bounds inclusive.

    Attributes:
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
    """Return boxes around every point within the radius: two across the antimeridian, else one."""
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


def _degrees_across(latitude: float, reach: float) -> float:
    """Return the half width of a circle of ``reach`` radians; 180 degrees around a pole."""
    to_pole = pi / 2 - abs(radians(latitude))
    if to_pole <= reach:
        return MAX_LONGITUDE
    return degrees(asin(sin(reach) / cos(radians(latitude))))


class CandidateQuery(NamedTuple):
    """Query for every case that a report may match; false positives are allowed.

    Attributes:
        address: Address key; None to skip the search by address.
        reporter: Keyed hash; None to skip the search by reporter.
        since: A closed case counts only when it was opened at or after this.
        until: A case that was opened later does not count.
        edge: Degrees along the sides of the boxes where cases from before ``since`` do not count.
    """

    key: str
    boxes: tuple[Box, ...]
    address: str | None
    reporter: str | None
    since: datetime
    until: datetime
    edge: float = 0.0


@dataclass(frozen=True, slots=True)
class SearchExtent:
    """Largest distance in space and time between two reports of a dedup group that may match.

    Attributes:
        by_reporter: True when some kind of the group has no location and matches by reporter.
        edge_m: Metres at the outer edge of the radius where only cases within the window count;
            recurrences are nearer.
    """

    radius_m: float
    window: timedelta
    by_reporter: bool
    edge_m: float = 0.0


def build_query(report: Report, key: str, extent: SearchExtent) -> CandidateQuery:
    """Return the query for every case that the report may match."""
    return CandidateQuery(
        key,
        boxes_around(report.place, extent.radius_m) if report.place else (),
        report.address,
        report.reporter if extent.by_reporter else None,
        report.observed_at - extent.window,
        report.observed_at + extent.window,
        degrees(extent.edge_m / EARTH_RADIUS_M),  # of latitude
    )


class CaseIndex:
    """Candidate cases of a batch, and the cases that the batch itself opens.

    Attributes:
        followed: The cases that reporters of the batch named, by id.
    """

    def __init__(self) -> None:
        self.point_uses = PointUses()
        self.followed: dict[str, TriageCase] = {}
        self._rows: defaultdict[tuple[str, int], _Row] = defaultdict(_Row)
        self._by_address: defaultdict[tuple[str, str], list[TriageCase]] = defaultdict(list)
        self._by_reporter: defaultdict[tuple[str, str], list[TriageCase]] = defaultdict(list)

    def add(self, case: TriageCase) -> None:
        """Add a case."""
        key, opening = case.key, case.opening
        if opening.point is not None:
            self.point_uses.add(PointUse(opening.point, key, opening.observed_at))
        if (place := opening.place) is not None:
            self._rows[key, row_of(place.latitude)].add(case, place)
        if opening.address is not None:
            self._by_address[key, opening.address].append(case)
        if opening.reporter is not None:
            self._by_reporter[key, opening.reporter].append(case)

    def find(self, query: CandidateQuery) -> list[TriageCase]:
        """Return the cases that match a query; duplicates and cases too far away are possible."""
        cases = [case for box in query.boxes for case in self._within(box, query.key)]
        if query.address is not None:
            cases += self._by_address.get((query.key, query.address), ())
        if query.reporter is not None:
            cases += self._by_reporter.get((query.key, query.reporter), ())
        return cases

    def _within(self, box: Box, key: str) -> Iterator[TriageCase]:
        for number in box.rows:
            if row := self._rows.get((key, number)):
                yield from row.within(box)


@dataclass(slots=True)
class _Row:
    """Cases of one row of latitude, sorted by longitude."""

    longitudes: list[float] = field(default_factory=list)
    cases: list[tuple[float, TriageCase]] = field(default_factory=list)

    def add(self, case: TriageCase, point: GeoPoint) -> None:
        position = bisect_right(self.longitudes, point.longitude)
        self.longitudes.insert(position, point.longitude)
        self.cases.insert(position, (point.latitude, case))

    def within(self, box: Box) -> Iterator[TriageCase]:
        first = bisect_left(self.longitudes, box.west)
        last = bisect_right(self.longitudes, box.east, lo=first)
        for latitude, case in self.cases[first:last]:
            if box.south <= latitude <= box.north:
                yield case
