"""In-memory index of the candidate cases of a batch, by location, address and reporter."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.triage.rules.dedup.grid import Box, row_of
from services.triage.rules.dedup.model import TriageCase
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


class CaseIndex:
    """Candidate cases of a batch, and the cases that the batch itself opens.

    Attributes:
        point_uses: Uses of points, to detect placeholders.
    """

    def __init__(self) -> None:
        self.point_uses = PointUses()
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
