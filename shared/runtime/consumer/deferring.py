"""Deferred records: failed records to retry later, each with the later records of its key.

They are stored in PostgreSQL, so the consumer can advance past them. Later records of the same
key are deferred behind them, which keeps the order per key.
"""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.runtime.consumer.messages import Deferred, record_partition
from shared.runtime.kafka import Partition, Record, rebuild_record
from shared.runtime.outbox.outbox import pack_headers, unpack_headers
from shared.runtime.postgres import Connection

# Seconds before each retry; after the last one, 15 minutes on, the record is a dead letter.
RETRY_DELAYS_S = (1.0, 2.0, 5.0, 10.0, 30.0, *(60.0,) * 14)

_INSERT = """
    INSERT INTO deferred (topic, partition, record_offset, timestamp, key, value, headers, code)
    SELECT * FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bytea[],
                         $6::bytea[], $7::text[], $8::text[])
"""
_COUNT_BY_KEY = """
    SELECT topic, partition, key, count(*) AS waiting
      FROM deferred
     WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::integer[]))
     GROUP BY topic, partition, key
"""
_SELECT_FIRST = """
    SELECT seq, record_offset, timestamp, key, value, headers, attempts, crashes
      FROM deferred
     WHERE topic = $1 AND partition = $2 AND md5(key) = md5($3::bytea) AND key = $3::bytea
     ORDER BY seq
     LIMIT 1
"""
_DELETE = "DELETE FROM deferred WHERE seq = $1"
_POSTPONE = "UPDATE deferred SET attempts = attempts + 1, code = $2, crashes = 0 WHERE seq = $1"
_MARK = "UPDATE deferred SET crashes = $2 WHERE seq = $1"


class RecordKey(NamedTuple):
    """The unit of ordering: a key in a partition; records without a key share one."""

    partition: Partition
    key: bytes


def record_key(record: Record) -> RecordKey:
    """Return the unit of ordering of a record."""
    return RecordKey(record_partition(record), record.key or b"")


@dataclass(frozen=True, slots=True)
class DeferredRecord:
    """A failed record; ``attempts`` are its retries, ``crashes`` deaths with it in progress."""

    seq: int
    record: Record
    attempts: int
    crashes: int = 0


@dataclass(slots=True)
class _KeyState:
    count: int
    due_at: float


@dataclass(slots=True)
class DeferredKeys:
    """In-memory index of the keys with deferred records in the owned partitions."""

    retry_delays_s: Sequence[float] = RETRY_DELAYS_S
    _keys: dict[RecordKey, _KeyState] = field(default_factory=dict, init=False)

    def __len__(self) -> int:
        return sum(state.count for state in self._keys.values())

    def has(self, record: Record) -> bool:
        """Return True when the record must be deferred behind another of its key."""
        return bool(self._keys) and record_key(record) in self._keys

    def due(self) -> list[RecordKey]:
        """Return the keys whose first record is due for a retry."""
        now = time.monotonic()
        return [key for key, state in self._keys.items() if state.due_at <= now]

    async def load(self, db: Connection, owned: Collection[Partition]) -> None:
        """Replace the index by the deferred records of these partitions; all are due."""
        rows = await db.fetch(_COUNT_BY_KEY, [p.topic for p in owned], [p.partition for p in owned])
        self._keys = {
            RecordKey(Partition(row["topic"], row["partition"]), row["key"]): _KeyState(
                row["waiting"], due_at=0
            )
            for row in rows
        }

    def add(self, records: Sequence[Deferred]) -> None:
        """Add records whose deferral was committed."""
        due_at = time.monotonic() + self.retry_delays_s[0]
        for deferred in records:
            self._keys.setdefault(record_key(deferred.record), _KeyState(0, due_at)).count += 1

    def remove_first(self, key: RecordKey) -> None:
        """Remove the first record of the key; the next one is due."""
        state = self._keys[key]
        state.count -= 1
        state.due_at = 0
        if state.count <= 0:
            del self._keys[key]

    def postpone(self, key: RecordKey, attempts: int) -> None:
        """Delay the key's next retry, longer with each attempt."""
        self._keys[key].due_at = time.monotonic() + self.retry_delays_s[attempts]


async def insert(db: Connection, deferred: Sequence[Deferred]) -> None:
    """Insert deferred records, in order."""
    rows = [(d.record, d.error.code if d.error else "behind") for d in deferred]
    await db.execute(
        _INSERT,
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
    """Return the first deferred record of the key."""
    partition = key.partition
    row = await db.fetchrow(_SELECT_FIRST, partition.topic, partition.partition, key.key)
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
    return DeferredRecord(row["seq"], record, row["attempts"], row["crashes"])


async def mark(db: Connection, deferred: DeferredRecord) -> None:
    """Count one more crash until the outcome is committed."""
    await db.execute(_MARK, deferred.seq, deferred.crashes + 1)


async def delete(db: Connection, deferred: DeferredRecord) -> None:
    """Delete a record that was handled or dead-lettered."""
    await db.execute(_DELETE, deferred.seq)


async def postpone(db: Connection, deferred: DeferredRecord, code: str) -> None:
    """Count a failed retry with the code of its error."""
    await db.execute(_POSTPONE, deferred.seq, code)
