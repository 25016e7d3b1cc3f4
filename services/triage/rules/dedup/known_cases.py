"""The known cases that reports of one batch may be about, found by place, address or person."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from services.triage.rules.dedup.comparison import Case
from services.triage.rules.dedup.grid import Cells, cell_of
from services.triage.rules.dedup.stand_ins import PointUses, Use


@dataclass(frozen=True, slots=True)
class Search:
    """Where a report's earlier case may be; finding too much is allowed, too little is not.

    Attributes:
        key: The dedup key that both must share.
        cells: Where a place within the largest radius of the group lies.
        since: A case that is closed is of use only when it was opened at or after this.
        until: No case that was opened after this is of use.
    """

    key: str
    cells: tuple[Cells, ...]
    address: str | None
    reporter: str | None
    since: datetime
    until: datetime


class KnownCases:
    """Cases in memory; those that a batch opens are found by the reports after them.

    Attributes:
        points: What is known of the points where they lie.
    """

    def __init__(self) -> None:
        self.points = PointUses()
        self._by_cell: defaultdict[str, dict[int, list[Case]]] = defaultdict(dict)
        self._by_address: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)
        self._by_reporter: defaultdict[tuple[str, str], list[Case]] = defaultdict(list)

    def add(self, case: Case) -> None:
        """Know this case as well."""
        key, opening = case.key, case.opening
        if opening.point is not None:
            self.points.note(Use(opening.point, key, opening.observed_at))
        if opening.place is not None:
            self._by_cell[key].setdefault(cell_of(opening.place), []).append(case)
        if opening.address is not None:
            self._by_address[key, opening.address].append(case)
        if opening.reporter is not None:
            self._by_reporter[key, opening.reporter].append(case)

    def near(self, search: Search) -> list[Case]:
        """Return the cases that the search may mean; some twice, and some too far away."""
        found = self._in_cells(search)
        if search.address is not None:
            found += self._by_address.get((search.key, search.address), ())
        if search.reporter is not None:
            found += self._by_reporter.get((search.key, search.reporter), ())
        return found

    def _in_cells(self, search: Search) -> list[Case]:
        found: list[Case] = []
        if by_cell := self._by_cell.get(search.key):
            for first, last in search.cells:
                for cell in range(first, last + 1):
                    if cell in by_cell:
                        found += by_cell[cell]
        return found
