"""What ``route311 dlq list`` says of many parked records."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from cli.recovery.render import printable
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import ReplayStatus


@dataclass(slots=True)
class Group:
    """Parked records that have the topic, the service and the code in common.

    Attributes:
        waiting: How many different ones were never sent again.
        came_back: How many were, and are here anew.
        replayed: How many were, and are not.
        first: When the first was parked.
    """

    topic: str
    service: str
    code: str
    first: datetime
    last: datetime
    waiting: int = 0
    came_back: int = 0
    replayed: int = 0

    def count(self, standing: ReplayStatus, by: int) -> None:
        """Count one in, or with -1 out."""
        setattr(self, standing, getattr(self, standing) + by)


@dataclass(slots=True)
class Listing:
    """Counts parked records; copies of one count once, as the newest copy stands.

    Attributes:
        records: Records, copies included.
    """

    records: int = 0
    _groups: dict[tuple[str, str, str], Group] = field(default_factory=dict)
    _counted: dict[bytes, tuple[Group, ReplayStatus]] = field(default_factory=dict)

    def add(self, parked: DeadLetter, standing: ReplayStatus) -> None:
        """Count one record."""
        self.records += 1
        key = (parked.original.topic, parked.service, parked.code)
        group = self._groups.setdefault(
            key, Group(*key, first=parked.parked_at, last=parked.parked_at)
        )
        group.first, group.last = (
            min(group.first, parked.parked_at),
            max(group.last, parked.parked_at),
        )
        if before := self._counted.get(parked.content):
            before[0].count(before[1], -1)
        group.count(standing, 1)
        self._counted[parked.content] = group, standing

    @property
    def groups(self) -> list[Group]:
        """The groups, by name."""
        return [self._groups[key] for key in sorted(self._groups)]


def as_json(listing: Listing) -> dict[str, Any]:
    """Return the listing as JSON's types."""
    groups = [
        asdict(g) | {"first": g.first.isoformat(), "last": g.last.isoformat()}
        for g in listing.groups
    ]
    return {"records": listing.records, "groups": groups}


def show(groups: Iterable[Group], console: Console) -> None:
    """Print a line for each group."""
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
