"""``route311 dlq list``: dead letters counted by topic, service and code."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from cli.terminal import printable, show_table
from shared.runtime.consumer.garbage import Dropped
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import ReplayStatus


@dataclass(slots=True)
class DeadLetterGroup:
    """Dead letters with the same original topic, service and code.

    The counts are numbers of different records by ``ReplayStatus``; ``first`` and ``last`` are the
    times of the oldest and the newest one.
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
    """Counts dead letters; copies of one count once, with the status of the newest copy."""

    records: int = 0
    dropped: Sequence[Dropped] = ()
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
        """The groups, sorted."""
        return [self._groups[key] for key in sorted(self._groups)]


def as_json(listing: DeadLetterListing) -> dict[str, Any]:
    """Return the listing as a JSON object."""
    groups = [
        asdict(g) | {"first": g.first.isoformat(), "last": g.last.isoformat()}
        for g in listing.groups
    ]
    dropped = [asdict(each) for each in listing.dropped]
    return {"records": listing.records, "groups": groups, "dropped": dropped}


def show(listing: DeadLetterListing, console: Console, now: datetime) -> None:
    """Print a row for each group, the most common first."""
    rows = [
        (
            group.code,
            "-".join(dict.fromkeys(age(now - at) for at in (group.last, group.first))),
            *(group.waiting, group.came_back, group.replayed),
            *(group.service, group.topic),
        )
        for group in sorted(listing.groups, key=lambda g: (-g.waiting, -g.came_back))
    ]
    headings = ("code", "age", "waiting", "back", "sent", "by", "topic")
    show_table(console, headings, rows, "no dead letters")
    if rows:
        console.print("waiting: never replayed; back: dead-lettered again; sent: replayed, handled")
    for each in listing.dropped:
        console.print(
            f"not kept, only counted: {each.records:,} x {printable(each.code)} from "
            f"{printable(each.topic)}, {megabytes(each.bytes)} in 30 days, last {each.last[:16]}",
            markup=False,
            soft_wrap=True,
        )


def age(span: timedelta) -> str:
    """Return an age in its largest unit, such as ``5m`` or ``3d``."""
    seconds = max(0, int(span.total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60)):
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def megabytes(count: int) -> str:
    """Return a number of bytes in megabytes."""
    return f"{count / 1_000_000:,.1f} MB"
