"""Records set aside for a while, each with those of its key behind it."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.runtime.consumer.messages import Deferred, record_partition
from shared.runtime.kafka import Partition, Record, rebuild_record
from shared.runtime.outbox.outbox import pack_headers, unpack_headers
from shared.runtime.postgres import Connection

RETRY_DELAYS_S = (1.0, 2.0, 5.0, 10.0, 30.0, *(60.0,) * 14)
"""Before each further attempt at a record; after the last one, 15 min on, it is parked."""

_KEEP = """
    INSERT INTO deferred (topic, partition, record_offset, timestamp, key, value, headers, code)
    SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bytea[],
                         $6::bytea[], $7::text[], $8::text[])
"""
_LOAD = """
    SELECT topic, partition, key, count(*) AS waiting
      FROM deferred
     WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::integer[]))
     GROUP BY topic, partition, key
"""
_FIRST = """
    SELECT seq, record_offset, timestamp, key, value, headers, attempts
      FROM deferred
     WHERE topic = $1 AND partition = $2 AND md5(key) = md5($3::bytea) AND key = $3::bytea
     ORDER BY seq
     LIMIT 1
"""
_FORGET = "DELETE FROM deferred WHERE seq = $1"
_POSTPONE = "UPDATE deferred SET attempts = attempts + 1, code = $2 WHERE seq = $1"


class RecordKey(NamedTuple):
    """What keeps its order: the records of one key in one partition; those without share one."""

    partition: Partition
    key: bytes


@dataclass(frozen=True, slots=True)
class DeferredRecord:
    """A record that was set aside, and how often it was tried since."""

    seq: int
    record: Record
    attempts: int

    @property
    def is_exhausted(self) -> bool:
        """Whether another failure is the last."""
        return self.attempts >= len(RETRY_DELAYS_S)


@dataclass(slots=True)
class _Waiting:
    count: int
    due_at: float


@dataclass(slots=True)
class DeferredKeys:
    """Which keys of the partitions owned have records set aside; the records are in PostgreSQL."""

    _waiting: dict[RecordKey, _Waiting] = field(default_factory=dict, init=False)

    def __len__(self) -> int:
        return sum(waiting.count for waiting in self._waiting.values())

    def has(self, record: Record) -> bool:
        """Return whether the record must wait behind another of its key."""
        return bool(self._waiting) and record_key(record) in self._waiting

    def due(self) -> list[RecordKey]:
        """Return the keys whose first record is to be tried now."""
        now = time.monotonic()
        return [key for key, waiting in self._waiting.items() if waiting.due_at <= now]

    async def load(self, db: Connection, owned: Collection[Partition]) -> None:
        """Know what was set aside of these partitions and of no others; all of it is due."""
        rows = await db.fetch(_LOAD, [p.topic for p in owned], [p.partition for p in owned])
        self._waiting = {
            RecordKey(Partition(row["topic"], row["partition"]), row["key"]): _Waiting(
                row["waiting"], 0
            )
            for row in rows
        }

    def add(self, records: Sequence[Deferred]) -> None:
        """Know that these were set aside, now that it is committed."""
        due_at = time.monotonic() + RETRY_DELAYS_S[0]
        for deferred in records:
            self._waiting.setdefault(record_key(deferred.record), _Waiting(0, due_at)).count += 1

    def remove_first(self, key: RecordKey) -> None:
        """Know that the first of the key is done; the next one is due."""
        waiting = self._waiting[key]
        waiting.count -= 1
        waiting.due_at = 0
        if waiting.count <= 0:
            del self._waiting[key]

    def postpone(self, key: RecordKey, attempts: int) -> None:
        """Leave the key alone for longer each time."""
        self._waiting[key].due_at = time.monotonic() + RETRY_DELAYS_S[attempts]


def record_key(record: Record) -> RecordKey:
    """Return what the record keeps its order with."""
    return RecordKey(record_partition(record), record.key or b"")


async def insert(db: Connection, deferred: Sequence[Deferred]) -> None:
    """Set records aside, in order."""
    rows = [(d.record, d.error.code if d.error else "behind") for d in deferred]
    await db.execute(
        _KEEP,
        [r.topic for r, _ in rows],
        [r.partition for r, _ in rows],
        [r.offset for r, _ in rows],
        [r.timestamp for r, _ in rows],
        [r.key or b"" for r, _ in rows],
        [r.value for r, _ in rows],
        [pack_headers(r.headers) for r, _ in rows],
        [code for _, code in rows],
    )


async def load_first(db: Connection, key: RecordKey) -> DeferredRecord | None:
    """Return what comes first of the key."""
    partition = key.partition
    row = await db.fetchrow(_FIRST, partition.topic, partition.partition, key.key)
    if row is None:
        return None
    record = rebuild_record(
        partition,
        row["record_offset"],
        timestamp=row["timestamp"],
        key=row["key"],
        value=row["value"],
        headers=unpack_headers(row["headers"]),
    )
    return DeferredRecord(row["seq"], record, row["attempts"])


async def delete(db: Connection, kept: DeferredRecord) -> None:
    """Remove a record that is done."""
    await db.execute(_FORGET, kept.seq)


async def postpone(db: Connection, kept: DeferredRecord, code: str) -> None:
    """Count a failed attempt."""
    await db.execute(_POSTPONE, kept.seq, code)
