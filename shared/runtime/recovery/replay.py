"""Choosing among parked records."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from shared.contract.topics import DEAD_LETTERS, all_topics
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges, read_range
from shared.runtime.migrate import SERVICES
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.postgres import Connection
from shared.runtime.recovery.dead_letters import DeadLetter, parse_dead_letter


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which parked records are meant; what is None does not matter.

    Attributes:
        topic: Where they came from, or the dead-letter topic where they are.
        since: They were parked then or later.
    """

    topic: str | None = None
    code: str | None = None
    since: datetime | None = None

    def select_ranges(self, bounds: OffsetRanges) -> OffsetRanges:
        """Return the parts of the log that can hold them."""
        return {
            p: span
            for p, span in bounds.items()
            if p.topic.endswith(DEAD_LETTERS)
            and self.topic in {None, p.topic, p.topic.removesuffix(DEAD_LETTERS)}
        }

    def matches(self, parked: DeadLetter) -> bool:
        """Tell whether this one is meant."""
        return self.code in {None, parked.code} and (
            self.since is None or parked.parked_at >= self.since
        )


async def select_records(
    bootstrap: str, spans: OffsetRanges, choice: RecordFilter
) -> AsyncGenerator[DeadLetter, None]:
    """Yield the parked records that are meant, in order within each topic."""
    async with aclosing(read_range(bootstrap, spans)) as handfuls:
        async for records in handfuls:
            for record in records:
                if choice.matches(found := parse_dead_letter(record)):
                    yield found


def owners_by_topic(bureaus: Iterable[str]) -> Mapping[str, str]:
    """Return for each topic with readers the first of them, whose outbox and memory serve it."""
    return {topic.name: topic.readers[0] for topic in all_topics(bureaus) if topic.readers}


def replay_owner(parked: DeadLetter, known: Mapping[str, str]) -> str:
    """Return the service; of a topic that is no more registered, who parked the record."""
    fallback = parked.service if parked.service in SERVICES else SERVICES[0]
    return known.get(parked.original.topic, fallback)


_RECORDS_AT_ONCE = 200
_BYTES_AT_ONCE = 8 * 1024 * 1024


@dataclass(slots=True)
class Replay:
    """One pass over parked records that sends again each content that is due, once.

    Attributes:
        spans: What lay in the dead-letter topics at the start; a copy beyond it came back.
        again: Whether what came back after an earlier replay is due as well.
        dry: Whether nothing is really sent.
        sending: Is told of each record before it is sent.
    """

    db: Connection
    replay_log: ReplayLog
    owners: Mapping[str, str]
    ranges: OffsetRanges
    repeat: bool
    dry_run: bool
    on_replay: Callable[[DeadLetter], None]
    sent: int = 0
    returned: int = 0
    _batch: list[DeadLetter] = field(default_factory=list)

    async def run(self, records: AsyncIterator[DeadLetter]) -> None:
        """Take them in order; what was sent when it breaks off stays sent and is not sent twice."""
        async for record in records:
            if not self._due(record):
                continue
            self.replay_log.through[record.content] = self._through(record)
            self.on_replay(record)
            self._batch.append(record)
            if self._full:
                await self._flush()
        await self._flush()

    def _due(self, parked: DeadLetter) -> bool:
        standing = self.replay_log.status(parked)
        if standing == "came_back" and not self.repeat:
            self.returned += 1
        return standing == "waiting" or (self.repeat and standing == "came_back")

    def _through(self, parked: DeadLetter) -> int:
        topic, partition, _ = parked.position.rsplit("/", 2)
        return self.ranges[Partition(topic, int(partition))][1] - 1

    @property
    def _full(self) -> bool:
        size = sum(parked.size for parked in self._batch)
        return len(self._batch) >= _RECORDS_AT_ONCE or size >= _BYTES_AT_ONCE

    async def _flush(self) -> None:
        by_home: dict[str, list[DeadLetter]] = {}
        for record in self._batch:
            by_home.setdefault(replay_owner(record, self.owners), []).append(record)
        if not self.dry_run:
            for home, batch in by_home.items():
                await enqueue_replay(self.db, home, batch, self.replay_log.through)
        self.sent += len(self._batch)
        self._batch = []


ReplayStatus: TypeAlias = Literal["waiting", "replayed", "came_back"]

_ONE_AT_A_TIME = "SELECT pg_try_advisory_lock(hashtext('route311 replays'))"
_KNOWN = "SELECT content, through FROM {}.replays"
_NOTE = """
    INSERT INTO replays AS known (content, through)
    SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT (content) DO UPDATE SET through = excluded.through, replayed_at = now()
"""
_FORGET = "DELETE FROM {}.replays WHERE replayed_at < now() - interval '90 days'"


@dataclass(slots=True)
class ReplayLog:
    """What was replayed.

    Attributes:
        through: For the content of each record that was sent again, the offset in the dead-letter
            topic up to which copies of it were there then; a later copy came back.
    """

    through: dict[bytes, int] = field(default_factory=dict)

    def status(self, parked: DeadLetter) -> ReplayStatus:
        """Return how it stands with a parked record."""
        return self.status_of(parked.content, parked.offset)

    def status_of(self, content: bytes, place: int) -> ReplayStatus:
        """Return how it stands with a copy of this content; later copies have higher places."""
        through = self.through.get(content)
        if through is None:
            return "waiting"
        return "came_back" if place > through else "replayed"


async def load_replay_log(db: Connection, schemas: Iterable[str]) -> ReplayLog:
    """Return what the services of these schemas remember."""
    rows = [row for schema in schemas for row in await db.fetch(_KNOWN.format(schema))]
    return ReplayLog({row["content"]: row["through"] for row in rows})


async def lock_replays(db: Connection) -> bool:
    """Keep every other replay out until the connection ends; False when one is under way."""
    return bool(await db.fetchval(_ONE_AT_A_TIME))


async def prune_replay_log(db: Connection, schemas: Iterable[str]) -> None:
    """Drop what is three times older than the oldest record of a dead-letter topic."""
    for schema in schemas:
        await db.execute(_FORGET.format(schema))


async def record_replays(db: Connection, through: Mapping[bytes, int]) -> None:
    """Note what is sent again in the transaction that does it, in the schema that it is in."""
    await db.execute(_NOTE, list(through), list(through.values()))


async def enqueue_replay(
    db: Connection,
    schema: str,
    batch: Sequence[DeadLetter],
    through: Mapping[bytes, int],
) -> None:
    """Put the originals in the service's outbox and note them, both in one transaction.

    Args:
        db: The administrator's connection.
        schema: Of the service whose relay shall publish them.
        batch: Each content once.
        through: For each content, what is noted of it.
    """
    async with db.transaction():
        await db.execute(f"SET LOCAL search_path = {schema}")
        await record_replays(db, {parked.content: through[parked.content] for parked in batch})
        await enqueue(db, [parked.original for parked in batch])
