"""Replay of dead letters: select them, and publish their originals again, once per content.

Each service's ``replays`` table logs the replayed contents, so a replay is idempotent.
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from shared.contract.topic import DEAD_LETTERS
from shared.contract.topics import INTAKE_CONTACTS, all_topics
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges, read_records
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.migrate import SERVICES
from shared.runtime.outbox.outbox import enqueue, wake_relays
from shared.runtime.postgres import Connection
from shared.runtime.recovery.dead_letters import DeadLetter, parse_dead_letter

# Not replayed; replayed; dead-lettered again after a replay; or hidden because of an erasure.
ReplayStatus: TypeAlias = Literal["waiting", "replayed", "came_back", "erased"]

_TRY_LOCK = "SELECT pg_try_advisory_lock(hashtext('route311 replays'))"
_SELECT = "SELECT content, through FROM {}.replays"
_SELECT_ERASED = "SELECT content FROM intake.erased_records"
_UPSERT = """
    INSERT INTO replays AS known (content, through)
    SELECT * FROM unnest($1::bytea[], $2::bigint[])
    ON CONFLICT (content) DO UPDATE SET through = excluded.through, replayed_at = now()
"""
_PRUNE = "DELETE FROM {}.replays WHERE replayed_at < now() - interval '90 days'"
_PRUNE_ERASED = "DELETE FROM {}.erased_records WHERE erased_at < now() - interval '90 days'"
_REPLAYERS = ("intake", "triage", "dispatch", "notify")  # each has the list of erased contents

_BATCH_RECORDS = 200
_BATCH_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Selects dead letters; None matches all.

    Attributes:
        topic: The topic of the original, or the dead-letter topic.
        since: The earliest time at which they were dead-lettered, inclusive.
    """

    topic: str | None = None
    code: str | None = None
    since: datetime | None = None

    def select_ranges(self, bounds: OffsetRanges) -> OffsetRanges:
        """Return the ranges of the dead-letter topics that may contain matches."""
        return {
            p: offsets
            for p, offsets in bounds.items()
            if p.topic.endswith(DEAD_LETTERS)
            and self.topic in {None, p.topic, p.topic.removesuffix(DEAD_LETTERS)}
        }

    def matches(self, letter: DeadLetter) -> bool:
        """Return True when code and time match."""
        return self.code in {None, letter.code} and (
            self.since is None or letter.parked_at >= self.since
        )


async def select_records(
    access: KafkaAccess, ranges: OffsetRanges, record_filter: RecordFilter
) -> AsyncGenerator[DeadLetter, None]:
    """Yield the matching dead letters, in order within each topic."""
    async with aclosing(read_records(access, ranges)) as records:
        async for record in records:
            if record_filter.matches(letter := parse_dead_letter(record)):
                yield letter


def owners_by_topic(bureaus: Iterable[str]) -> Mapping[str, str]:
    """Return for each topic the service whose outbox and replay log serve its replays."""
    return {topic.name: topic.replayed_by for topic in all_topics(bureaus) if topic.readers}


def replay_owner(letter: DeadLetter, owners: Mapping[str, str]) -> str:
    """Return the service that replays a dead letter; the one that parked it for a lost topic."""
    fallback = letter.service if letter.service in SERVICES else SERVICES[0]
    return owners.get(letter.original.topic, fallback)


@dataclass(slots=True)
class ReplayLog:
    """The replayed contents.

    Attributes:
        through: For each content, the last offset of the dead-letter topic at the time of its
            replay; a copy at a higher offset was dead-lettered again.
        erased_requests: The requests whose contact has a tombstone.
        erased: The contents with the contact of a person who was erased.
    """

    through: dict[bytes, int] = field(default_factory=dict)
    erased: frozenset[bytes] = frozenset()
    erased_requests: frozenset[str] = frozenset()

    def status(self, letter: DeadLetter) -> ReplayStatus:
        """Return the replay status of a dead letter."""
        original = letter.original
        if original.topic == INTAKE_CONTACTS.name and original.value is not None:
            key = original.key.decode("utf-8", "replace")
            if key in self.erased_requests:
                return "erased"
        return self.status_of(letter.content, letter.offset)

    def status_of(self, content: bytes, offset: int) -> ReplayStatus:
        """Return the replay status of the copy of a content at this offset."""
        if content in self.erased:
            return "erased"
        through = self.through.get(content)
        if through is None:
            return "waiting"
        return "came_back" if offset > through else "replayed"


async def load_replay_log(db: Connection, schemas: Iterable[str]) -> ReplayLog:
    """Return the union of the replay logs of these schemas, and the erased contents."""
    rows = [row for schema in schemas for row in await db.fetch(_SELECT.format(schema))]
    erased = frozenset(row["content"] for row in await db.fetch(_SELECT_ERASED))
    return ReplayLog({row["content"]: row["through"] for row in rows}, erased)


async def lock_replays(db: Connection) -> bool:
    """Exclude other replays until the connection closes; return False if one is running."""
    return bool(await db.fetchval(_TRY_LOCK))


async def prune_replay_log(db: Connection, schemas: Iterable[str]) -> None:
    """Delete entries older than 90 days, three times the retention of a dead-letter topic."""
    for schema in schemas:
        await db.execute(_PRUNE.format(schema))
    for schema in _REPLAYERS:
        await db.execute(_PRUNE_ERASED.format(schema))


async def record_replays(db: Connection, through: Mapping[bytes, int]) -> None:
    """Log replays in the current schema, in the transaction that replays."""
    await db.execute(_UPSERT, list(through), list(through.values()))


@dataclass(slots=True)
class Replay:
    """One pass over dead letters that replays each due content once.

    Attributes:
        owners: The service that replays each topic.
        repeat: Replay also dead letters that came back after an earlier replay.
        on_replay: Called with each dead letter before it is replayed.
        returned: The number of skipped dead letters that came back after an earlier replay.
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

    async def run(self, letters: AsyncIterator[DeadLetter]) -> None:
        """Replay in order. After an interruption, a new run continues."""
        async for letter in letters:
            if not self._is_due(letter):
                continue
            topic, partition, _ = letter.position.rsplit("/", 2)
            end = self.ranges[Partition(topic, int(partition))][1]
            self.replay_log.through[letter.content] = end - 1
            self.on_replay(letter)
            self._batch.append(letter)
            size = sum(each.size for each in self._batch)
            if len(self._batch) >= _BATCH_RECORDS or size >= _BATCH_BYTES:
                await self._flush()
        await self._flush()

    def _is_due(self, letter: DeadLetter) -> bool:
        status = self.replay_log.status(letter)
        if status == "came_back" and not self.repeat:
            self.returned += 1
        return status == "waiting" or (self.repeat and status == "came_back")

    async def _flush(self) -> None:
        by_owner: dict[str, list[DeadLetter]] = {}
        for letter in self._batch:
            by_owner.setdefault(replay_owner(letter, self.owners), []).append(letter)
        if not self.dry_run:
            for owner, letters in by_owner.items():
                await self._enqueue(owner, letters)
        self.sent += len(self._batch)
        self._batch = []

    async def _enqueue(self, schema: str, letters: Sequence[DeadLetter]) -> None:
        """Insert the originals into the service's outbox and log them, in one transaction."""
        async with self.db.transaction():
            await self.db.execute(f"SET LOCAL search_path = {schema}")
            through = {x.content: self.replay_log.through[x.content] for x in letters}
            await record_replays(self.db, through)
            await enqueue(self.db, [letter.original for letter in letters])
            await wake_relays(self.db)
