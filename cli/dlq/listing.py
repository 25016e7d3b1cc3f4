"""Views of dead letters: ``dlq list`` counts them, ``dlq show`` shows one with its origin."""

from base64 import b64encode
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from rich.console import Console

from cli.terminal import printable, show_table
from shared.errors import Route311Error
from shared.runtime.consumer.garbage import Dropped
from shared.runtime.kafka.reader import OffsetRanges
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.recovery.dead_letters import DeadLetter
from shared.runtime.recovery.replay import RecordFilter, ReplayStatus, select_records


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


class NotParkedError(Route311Error):
    """No dead letter is at, or came from, the given position."""

    code = "not_parked"


async def find(access: KafkaAccess, bounds: OffsetRanges, position: str) -> DeadLetter:
    """Return the dead letter at a position, or whose original was there; NotParkedError if none."""
    selection = RecordFilter(topic=position.rsplit("/", 2)[0])
    async with aclosing(
        select_records(access, selection.select_ranges(bounds), selection)
    ) as letters:
        async for letter in letters:
            if position in {letter.position, letter.source}:
                return letter
    raise NotParkedError(f"no dead letter is at, or came from, {printable(position)}")


def details(letter: DeadLetter, status: ReplayStatus, *, whole: bool) -> dict[str, Any]:
    """Return a dead letter as a JSON object.

    Args:
        whole: Include key, original headers and value, which may contain contact data; never for
            one that was erased.
    """
    headers = letter.original.headers if status != "erased" else ()
    whole = whole and status != "erased"
    shown: dict[str, Any] = {
        "place": letter.position,
        "source": letter.source,
        "standing": status,
        "parked_at": letter.parked_at.isoformat(),
        "service": letter.service,
        "code": letter.code,
        "reason": letter.reason,
        "size": letter.size,
        "headers": {name: len(value or b"") for name, value in headers},
    }
    if whole:
        shown["headers"] = {
            name: None if value is None else value.decode("latin-1") for name, value in headers
        }
        shown["key"] = letter.original.key.decode("utf-8", "backslashreplace")
        shown["value_base64"] = b64encode(letter.original.value or b"").decode()
    return shown


def record_lines(letter: DeadLetter, status: ReplayStatus, *, whole: bool) -> list[str]:
    """Return a dead letter as printable record_lines for a terminal; see ``details``."""
    shown = details(letter, status, whole=whole)
    whole = whole and status != "erased"
    headers = shown.pop("headers")
    shown.pop("value_base64", None)
    unit = "" if whole else " bytes"
    return [
        *(f"{name.replace('_', ' '):<10} {printable(str(value))}" for name, value in shown.items()),
        *(
            f"header     {printable(name)}: {printable(str(value))}{unit}"
            for name, value in headers.items()
        ),
        *([f"value      {printable(letter.original.value or b'')}"] if whole else ()),
    ]
