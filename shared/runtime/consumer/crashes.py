"""Crashes counted by record: the third one parks the record and not its batch.

Before a batch is decoded, its owner marks it in ``consumer_offset``, in a statement of its own;
the transaction of the batch removes the mark. A mark that is found at a claim was therefore left
by a process that died with those records in progress, for whatever reason: an unexpected
exception, ``kill -9``, the watchdog, or the kernel's OOM killer.

Three rules distinguish poison from an innocent record:

1. After a crash in a batch its records are tried one by one, each under a mark of its own; those
   of a batch of more than 50 in chunks first, which takes one more crash and spares a service that
   was killed in a backlog hundreds of transactions. Only a record that was alone in progress is
   under suspicion.
2. Before the third try the process waits for some seconds with nothing in progress. Kills from
   outside hit these seconds and not the milliseconds of the try. A process that dies while it
   waits shows that the record is innocent, and the count restarts.
3. Success ends the count. So does a clean stop; a process that survives an outage of the database
   or a rebalance never counts its own mark as a crash.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple

from shared.errors import FencedError, PermanentError
from shared.runtime.consumer.messages import record_partition
from shared.runtime.consumer.offsets import Position
from shared.runtime.kafka import Partition, Record
from shared.runtime.postgres import Connection, Pool, borrow

MAX_CRASHES = 3  # crashes at one record after which it is parked untried

_LAST_TRY = MAX_CRASHES - 1
_MAX_ALONE = 50
_CHUNK = 20
_FIND = """
    SELECT topic, partition, busy_until, crashes
      FROM consumer_offset
     WHERE (topic, partition) IN (SELECT * FROM unnest($1::text[], $2::integer[]))
       AND busy_until > coalesce(next_offset, 0)
       AND NOT held
"""
_MARK = """
    WITH quick AS (SELECT set_config('synchronous_commit', 'off', true))
    UPDATE consumer_offset AS mine
       SET busy_until = work.until, busy_since = now(), crashes = work.crashes, held = false
      FROM quick, unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::integer[])
           AS work (topic, partition, epoch, until, crashes)
     WHERE mine.topic = work.topic AND mine.partition = work.partition AND mine.epoch = work.epoch
"""  # not synchronous: the mark must outlive this process and not the database server
_HOLD = """
    UPDATE consumer_offset SET held = true WHERE topic = $1 AND partition = $2 AND epoch = $3
"""

_LOOPS = """
    SELECT topic, partition, busy_until, crashes,
           extract(epoch FROM now() - busy_since) AS seconds
      FROM {}.consumer_offset
     WHERE busy_until > coalesce(next_offset, 0)
       AND crashes >= $1 AND busy_since < now() - $2::interval
     ORDER BY topic, partition
"""
_BUSY_AT_MOST = timedelta(seconds=1)  # longer than a record is in progress in a healthy service


class CrashedError(PermanentError):
    """The process died every time that it had this record in progress."""

    code = "crashed"


class Busy(NamedTuple):
    """Records in progress in one partition: those before ``until``, with their crashes."""

    until: int
    crashes: int


@dataclass(slots=True)
class CrashCounter:
    """Marks records in progress, and knows the records at which a process died before.

    Attributes:
        suspects: By partition, the records in progress when a process died. Offsets before
            ``until`` that are not committed yet are tried one by one.
    """

    pool: Pool
    suspects: dict[Partition, Busy] = field(default_factory=dict, init=False)
    _marked: dict[Partition, Busy] = field(default_factory=dict, init=False)
    _held: bool = field(default=False, init=False)

    async def load(self, db: Connection, owned: Collection[Partition]) -> None:
        """Find the records in progress when the last owner of these partitions died."""
        rows = await db.fetch(_FIND, [p.topic for p in owned], [p.partition for p in owned])
        found = {
            Partition(row["topic"], row["partition"]): Busy(row["busy_until"], row["crashes"])
            for row in rows
        }
        own = {p for p, work in found.items() if self._marked.get(p) == work}  # we live: no crash
        before = self.suspects
        self.suspects = {p: before[p] for p in own if p in before}
        self.suspects |= {p: work for p, work in found.items() if p not in own}
        self._marked, self._held = {}, False

    def split(self, records: Sequence[Record]) -> list[Sequence[Record]]:
        """Return the records in units to handle: the suspects first, then all others together.

        A suspect is alone in its unit. More than ``_MAX_ALONE``, which a kill in the middle of a
        backlog leaves, are narrowed down in chunks of a partition first.
        """
        if not self.suspects:
            return [records] if records else []
        suspects = [record for record in records if self.crashes(record)]
        others = [record for record in records if not self.crashes(record)]
        units: list[Sequence[Record]] = [[record] for record in suspects]
        if len(suspects) > _MAX_ALONE:
            units = _chunks(suspects)
        return [*units, others] if others else units

    def crashes(self, record: Record) -> int:
        """Return the known number of crashes with the record in progress."""
        if not self.suspects:
            return 0
        suspect = self.suspects.get(record_partition(record))
        return suspect.crashes if suspect and record.offset < suspect.until else 0

    def describe_worst(self) -> str | None:
        """Return the record that was alone in progress at most crashes, as a sentence."""
        found = [(w.crashes, p, w) for p, w in self.suspects.items() if w.crashes >= _LAST_TRY]
        if not found:
            return None
        crashes, partition, work = max(found)
        at = f"{partition.topic}/{partition.partition}/{work.until - 1}"
        return f"the process died {crashes} times at {at}"

    async def hold(self, record: Record, positions: Mapping[Partition, Position]) -> bool:
        """Return True when the process must wait before it tries this record.

        The database records it first: a death from now on until ``mark`` clears the record.
        """
        if self._held or self.crashes(record) != _LAST_TRY:
            return False
        partition = record_partition(record)
        async with borrow(self.pool) as db:
            await db.execute(_HOLD, *partition, positions[partition].epoch)
        self._held = True
        return True

    async def mark(
        self, records: Sequence[Record], positions: Mapping[Partition, Position]
    ) -> None:
        """Mark only these records, in order, as in progress; FencedError if others own them."""
        crashes = self.crashes(records[0]) + 1 if len(records) == 1 else 1
        ends = {(record.topic, record.partition): record.offset + 1 for record in records}
        work = {Partition(*partition): Busy(end, crashes) for partition, end in ends.items()}
        if work == self._marked:
            return
        await self._write(work, positions)
        self._marked = work

    async def release(self, positions: Mapping[Partition, Position]) -> None:
        """Remove the marks before the process ends for another reason than a record."""
        if self._marked:
            await self._write({}, positions)
            self._marked = {}

    def on_commit(self, positions: Mapping[Partition, Position]) -> None:
        """Forget the marks before these committed positions."""
        for partition, position in positions.items():
            self._marked.pop(partition, None)
            suspect = self.suspects.get(partition)
            if suspect and suspect.until <= (position.next_offset or 0):
                del self.suspects[partition]

    async def _write(
        self, work: Mapping[Partition, Busy], positions: Mapping[Partition, Position]
    ) -> None:
        partitions = sorted(p for p in {*work, *self._marked} if p in positions)
        marks = [work.get(p) for p in partitions]
        async with borrow(self.pool) as db:
            status = await db.execute(
                _MARK,
                [p.topic for p in partitions],
                [p.partition for p in partitions],
                [positions[p].epoch for p in partitions],
                [mark.until if mark else None for mark in marks],
                [mark.crashes if mark else 0 for mark in marks],
            )
        if status != f"UPDATE {len(partitions)}":
            raise FencedError("another member owns a partition of the batch")


def _chunks(records: Sequence[Record]) -> list[Sequence[Record]]:
    by_partition: dict[Partition, list[Record]] = {}
    for record in records:
        by_partition.setdefault(record_partition(record), []).append(record)
    return [
        of_partition[first : first + _CHUNK]
        for of_partition in by_partition.values()
        for first in range(0, len(of_partition), _CHUNK)
    ]


@dataclass(frozen=True, slots=True)
class CrashLoop:
    """A record at which a service dies again and again; ``seconds`` since the last try."""

    partition: Partition
    offset: int
    crashes: int
    seconds: float


async def load_crash_loops(db: Connection, service: str) -> list[CrashLoop]:
    """Return the records in progress at which a service died twice or more."""
    rows = await db.fetch(_LOOPS.format(service), _LAST_TRY, _BUSY_AT_MOST)
    return [
        CrashLoop(
            Partition(row["topic"], row["partition"]),
            row["busy_until"] - 1,
            row["crashes"],
            float(row["seconds"]),
        )
        for row in rows
    ]
