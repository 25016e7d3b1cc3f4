"""``route311 dlq list``: dead letters counted by topic, service and code."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.terminal import printable
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import ReplayStatus


@dataclass(slots=True)
class DeadLetterGroup:
    """Dead letters with the same original topic, service and code.

    Attributes:
        topic: The original topic.
        service: The service that parked them.
        code: Why they were letter.
        first: Time of the oldest.
        last: Time of the newest.
        waiting: Number of different records that were never replayed.
        came_back: Number of different records that were replayed and parked again.
        replayed: Number of different records that were replayed and are handled.
        erased: Number of different records with the contact of a person who was erased.
    """

    topic: str
    service: str
    code: str
    first: datetime
    last: datetime
    waiting: int = 0
    came_back: int = 0
    replayed: int = 0
    erased: int = 0

    def count(self, status: ReplayStatus, by: int) -> None:
        """Add ``by`` to the number of records with a status."""
        setattr(self, status, getattr(self, status) + by)


@dataclass(slots=True)
class DeadLetterListing:
    """Counts dead letters; copies of one count once, with the status of the newest copy.

    Attributes:
        records: Number of records, copies included.
    """

    records: int = 0
    _groups: dict[tuple[str, str, str], DeadLetterGroup] = field(default_factory=dict)
    _counted: dict[bytes, tuple[DeadLetterGroup, ReplayStatus]] = field(default_factory=dict)

    def add(self, letter: DeadLetter, status: ReplayStatus) -> None:
        """Count one record."""
        self.records += 1
        key = (letter.original.topic, letter.service, letter.code)
        group = self._groups.setdefault(
            key, DeadLetterGroup(*key, first=letter.parked_at, last=letter.parked_at)
        )
        group.first, group.last = (
            min(group.first, letter.parked_at),
            max(group.last, letter.parked_at),
        )
        if previous := self._counted.get(letter.content):
            previous[0].count(previous[1], -1)
        group.count(status, 1)
        self._counted[letter.content] = group, status

    @property
    def groups(self) -> list[DeadLetterGroup]:
        """The groups, ordered by topic, service and code."""
        return [self._groups[key] for key in sorted(self._groups)]


def as_json(listing: DeadLetterListing) -> dict[str, Any]:
    """Return the listing as a JSON object."""
    groups = [
        asdict(g) | {"first": g.first.isoformat(), "last": g.last.isoformat()}
        for g in listing.groups
    ]
    return {"records": listing.records, "groups": groups}


def show(groups: Iterable[DeadLetterGroup], console: Console) -> None:
    """Print a table with a row for each group."""
    headings = ("topic", "service", "code", "waiting", "came back", "replayed", "first", "last")
    table = Table(*headings, box=None, padding=(0, 2))
    for group in groups:
        names = (printable(n) for n in (group.topic, group.service, group.code))
        counts = (f"{n:,}" for n in (group.waiting, group.came_back, group.replayed))
        times = (f"{at:%Y-%m-%d %H:%M:%S}" for at in (group.first, group.last))
        table.add_row(*names, *counts, *times)
    if table.row_count:
        console.print(table, markup=False)
    else:
        console.print("nothing parked")
