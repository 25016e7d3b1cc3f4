"""Search for candidate cases: queries, and the in-memory index of a batch."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from services.triage.rules.dedup.grid import Box, boxes_around, latitude_degrees, row_of
from services.triage.rules.dedup.model import Report, TriageCase
from services.triage.rules.dedup.placeholder_points import PointUse, PointUses
from shared.vocabulary import GeoPoint


class CandidateQuery(NamedTuple):
    """Query for every case that a report may match; false positives are allowed.

    Attributes:
        key: Dedup key of both.
        boxes: Boxes around the largest radius of the group.
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
        radius_m: Metres between the two points.
        window: Between the two event times, in either direction.
        by_reporter: True when some kind of the group has no location and matches by reporter.
        edge_m: Metres at the outer edge of the radius where only cases within the window count;
            recurrences lie nearer.
    """

    radius_m: float
    window: timedelta
    by_reporter: bool
    edge_m: float = 0.0


def build_query(report: Report, key: str, extent: SearchExtent) -> CandidateQuery:
    """Return the query for every case that the report may match.

    Args:
        report: The report to match.
        key: Its dedup key.
        extent: How far to search, in metres and time.
    """
    return CandidateQuery(
        key,
        boxes_around(report.place, extent.radius_m) if report.place else (),
        report.address,
        report.reporter if extent.by_reporter else None,
        report.observed_at - extent.window,
        report.observed_at + extent.window,
        latitude_degrees(extent.edge_m),
    )


class CaseIndex:
    """Candidate cases of a batch, and the cases that the batch itself opens.

    Attributes:
        point_uses: Uses of points, to detect placeholders.
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
        """Return the cases that match a query; some may come twice or lie too far away."""
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
