"""The known cases that reports of one batch may be about, found by place, address or person."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from services.triage.rules.dedup.grid import Box, row_of
from services.triage.rules.dedup.model import TriageCase
from services.triage.rules.dedup.placeholder_points import PointUse, PointUses


class CandidateQuery(NamedTuple):
    """Where a report's earlier case may be; finding too much is allowed, too little is not.

    Attributes:
        key: The dedup key that both must share.
        boxes: Where a place within the largest radius of the group lies.
        since: A case that is closed is of use only when it was opened at or after this.
        until: No case that was opened after this is of use.
        edge: Degrees along the sides of the boxes where what was opened before ``since`` is of
            no use.
    """

    key: str
    boxes: tuple[Box, ...]
    address: str | None
    reporter: str | None
    since: datetime
    until: datetime
    edge: float = 0.0


class CaseIndex:
    """Cases in memory; those that a batch opens are found by the reports after them.

    Attributes:
        points: What is known of the points where they lie.
    """

    def __init__(self) -> None:
        self.point_uses = PointUses()
        self._rows: defaultdict[tuple[str, int], _Row] = defaultdict(_Row)
        self._by_address: defaultdict[tuple[str, str], list[TriageCase]] = defaultdict(list)
        self._by_reporter: defaultdict[tuple[str, str], list[TriageCase]] = defaultdict(list)

    def add(self, case: TriageCase) -> None:
        """Know this case as well."""
        key, opening = case.key, case.opening
        if opening.point is not None:
            self.point_uses.add(PointUse(opening.point, key, opening.observed_at))
        if (place := opening.place) is not None:
            self._rows[key, row_of(place.latitude)].add(case, place.latitude, place.longitude)
        if opening.address is not None:
            self._by_address[key, opening.address].append(case)
        if opening.reporter is not None:
            self._by_reporter[key, opening.reporter].append(case)

    def find(self, search: CandidateQuery) -> list[TriageCase]:
        """Return the cases that the search may mean; some twice, and some too far away."""
        found = [case for box in search.boxes for case in self._within(box, search.key)]
        if search.address is not None:
            found += self._by_address.get((search.key, search.address), ())
        if search.reporter is not None:
            found += self._by_reporter.get((search.key, search.reporter), ())
        return found

    def _within(self, box: Box, key: str) -> Iterator[TriageCase]:
        for number in box.rows:
            if row := self._rows.get((key, number)):
                yield from row.within(box)


@dataclass(slots=True)
class _Row:
    """The cases of one row of the Earth, from west to east."""

    longitudes: list[float] = field(default_factory=list)
    cases: list[tuple[float, TriageCase]] = field(default_factory=list)

    def add(self, case: TriageCase, latitude: float, longitude: float) -> None:
        at = bisect_right(self.longitudes, longitude)
        self.longitudes.insert(at, longitude)
        self.cases.insert(at, (latitude, case))

    def within(self, box: Box) -> Iterator[TriageCase]:
        first = bisect_left(self.longitudes, box.west)
        last = bisect_right(self.longitudes, box.east, lo=first)
        for latitude, case in self.cases[first:last]:
            if box.south <= latitude <= box.north:
                yield case
