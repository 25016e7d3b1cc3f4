"""The relay: publishes the batches of the outbox to Kafka, in order, at least once."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from math import inf

import structlog
from asyncpg import Record

from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError, SystemicError
from shared.runtime.batch_size import Gathering
from shared.runtime.kafka import BrokerDownError, KafkaSink, open_sink
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import cancel_on_stop, is_set_within, pause
from shared.runtime.outbox.outbox import (
    BUCKETS,
    EXPRESS_BUCKETS,
    KEY_BUCKETS,
    OutboxBatch,
    unpack_headers,
    wake_relays,
)
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, acquire


@dataclass(slots=True)
class BatchMemory:
    """Cache of batches by number, up to a limit of bytes; batches beyond it are not kept.

    The table alone determines the batches to publish, and their order.
    """

    limit_bytes: int
    _batches: dict[int, OutboxBatch] = field(default_factory=dict, init=False)
    _bytes: int = field(default=0, init=False)

    def add(self, batch: OutboxBatch) -> None:
        """Keep the batch if there is room."""
        if self._bytes + batch.bytes <= self.limit_bytes:
            self._batches[batch.seq] = batch
            self._bytes += batch.bytes

    def take(self, seq: int, count: int) -> Sequence[Outgoing] | None:
        """Remove a batch; return its records, or None when it is not here.

        Args:
            count: Number of its records in the table. A batch with fewer records there, because
                some were erased, is invalid here.
        """
        batch = self._batches.pop(seq, None)
        if batch is None:
            return None
        self._bytes -= batch.bytes
        return batch.records if len(batch.records) == count else None

    def drop_before(self, seq: float) -> None:
        """Remove the batches with lower numbers than the lowest that still waits.

        They were erased, or read from the table and published before they were added.
        """
        for earlier in [number for number in self._batches if number < seq]:
            self._bytes -= self._batches.pop(earlier).bytes


log = structlog.get_logger()

_LOCK_BUCKETS = """
    SELECT bucket FROM unnest($1::integer[]) AS bucket
     WHERE pg_try_advisory_lock(hashtext(current_schema()), bucket)
"""
_CHANNEL = "SELECT 'outbox ' || current_schema()"
_NEXT = """
    WITH published AS (DELETE FROM outbox_waiting WHERE seq = ANY($1::bigint[]))
    SELECT seq, records, bytes, only_topics
      FROM outbox_waiting
     WHERE bucket = ANY($2::smallint[]) AND seq <> ALL($1::bigint[])
     ORDER BY seq
     LIMIT $3
"""
_CONTENTS = """
    SELECT seq, event_ids, topics, keys, payloads, headers
      FROM outbox_batches WHERE seq = ANY($1::bigint[])
"""
# A suspended process loses its lease. A mark that a crash of the server loses is repeated.
_SESSION = "SET idle_session_timeout = '15s'; SET synchronous_commit = off"

_CHUNK_BATCHES = 1000
_CHUNK_BYTES = 512 * 1024  # an urgent record waits for the chunk that is under way
_MEMORY_BYTES = 32 * 1024 * 1024
_RETRY_S = 1.0
_STOP_GRACE_S = 1.0


@dataclass(slots=True)
class Relay:
    """Moves batches to Kafka: query, publish, wait for the acknowledgement, mark.

    One statement marks published batches and queries the next ones.

    The table alone determines the waiting batches and their order. There is no cursor that could
    skip a batch whose transaction committed late: an unmarked batch is found again. The records of
    batches that this process committed are cached in memory; others are read from the table, such
    as those from before a crash, of another process, or beyond the limit of the memory.

    For each bucket of keys one relay of the service is active. It holds an advisory lock on the
    connection that also reads and marks, so a lost connection ends its lease. A crash between
    publishing and marking publishes the same bytes again. A relay that is silent for 15 s, because
    its process is suspended or cut off, loses its lease to another; anything that it still sends
    later repeats records that it had queried before.

    It is woken by commits: of this process by ``hand_over``, of other processes by a notification
    of the database, and every ``look_every_s`` seconds. While many records come it lingers after
    each chunk, which spares requests; an urgent batch ends that.

    After any failure of the sink a new one is opened: a producer that was fenced by the broker, or
    whose sequence numbers an older log does not know, never recovers.
    """

    pool: Pool
    access: KafkaAccess
    buckets: Collection[int] = BUCKETS
    memory: BatchMemory = field(default_factory=lambda: BatchMemory(_MEMORY_BYTES))
    look_every_s: float = 5.0
    gathering: Gathering = field(default_factory=lambda: Gathering(0.0, 0.1))
    _held: list[int] = field(default_factory=list, init=False)
    _published: list[int] = field(default_factory=list, init=False)
    _tell_others: bool = field(default=False, init=False)
    _has_more: bool = field(default=False, init=False)
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _hurried: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def hand_over(self, batches: Sequence[OutboxBatch]) -> None:
        """Publish committed batches, or wake the relay of their bucket."""
        for batch in batches:
            if batch.bucket in self._held:
                self.memory.add(batch)
            elif batch.bucket in self.buckets:
                self._tell_others = True
            else:
                continue
            self._woken.set()
            if batch.is_urgent or batch.bucket in EXPRESS_BUCKETS:
                self._hurried.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until asked to stop, through any outage of the broker or the database."""
        with suppress(StoppedError):
            await cancel_on_stop(stopping, self._relay(stopping), grace_s=_STOP_GRACE_S)

    async def _relay(self, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                async with open_sink(self.access, stopping) as sink:
                    await self._relay_to(sink, stopping)
            except BrokerDownError as error:
                metrics.BROKER_FAILURES.inc()
                await _pause(error, stopping)

    async def _relay_to(self, sink: KafkaSink, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                async with acquire(self.pool) as db:
                    try:
                        await self._publish(db, sink, stopping)
                    finally:
                        self._held, self._published = [], []
                        self.memory.drop_before(inf)
            except (DatabaseDownError, DatabaseBusyError) as error:
                await _pause(error, stopping)

    async def _publish(self, db: Connection, sink: KafkaSink, stopping: asyncio.Event) -> None:
        await db.execute(_SESSION)
        await db.add_listener(await db.fetchval(_CHANNEL), lambda *_: self._woken.set())
        clock = asyncio.get_running_loop().time
        lock_again_at = 0.0
        while not stopping.is_set():
            if len(self._held) < len(self.buckets) and clock() >= lock_again_at:
                others = [bucket for bucket in self.buckets if bucket not in self._held]
                self._held += [row["bucket"] for row in await db.fetch(_LOCK_BUCKETS, others)]
                lock_again_at = clock() + self.look_every_s
            self._woken.clear()
            self._hurried.clear()
            if self._tell_others and len(self._held) < len(self.buckets):
                await wake_relays(db)
            self._tell_others = False
            if published := await self._publish_chunk(db, sink):
                linger_s = self.gathering.after(published, clock())
                if linger_s and not self._has_more:
                    with suppress(StoppedError):  # what was published is marked all the same
                        await cancel_on_stop(stopping, is_set_within(self._hurried, linger_s))
            else:
                await cancel_on_stop(stopping, is_set_within(self._woken, self.look_every_s))
        self._held = []
        await self._publish_chunk(db, sink)  # marks the last ones

    async def _publish_chunk(self, db: Connection, sink: KafkaSink) -> int:
        """Mark published batches, then publish the oldest ones; return their number of records."""
        rows = await db.fetch(_NEXT, self._published, self._held, _CHUNK_BATCHES)
        self._published = []
        self.memory.drop_before(rows[0]["seq"] if rows else inf)
        first = _first_of(rows)
        batches = await self._records(db, first)
        if not batches:
            return 0
        self._has_more = len(first) < len(rows)
        records = [record for batch in batches.values() for record in batch]
        await sink.publish(records)
        self._published = list(batches)
        metrics.PUBLISHED.inc(len(records))
        return len(records)

    async def _records(
        self, db: Connection, rows: Sequence[Record]
    ) -> Mapping[int, Sequence[Outgoing]]:
        """Return the records to publish of each batch, in order, from memory or from the table."""
        found = {row["seq"]: self.memory.take(row["seq"], row["records"]) for row in rows}
        unknown = [seq for seq, records in found.items() if records is None]
        stored = await db.fetch(_CONTENTS, unknown) if unknown else []
        found |= {row["seq"]: _stored_records(row) for row in stored}
        return {
            row["seq"]: _selected(records, row["only_topics"])
            for row in rows
            if (records := found[row["seq"]]) is not None
        }


def _first_of(rows: Sequence[Record]) -> Sequence[Record]:
    """Return the first rows up to 512 kB of records, at least one row if there is any."""
    size = 0
    for number, row in enumerate(rows):
        size += row["bytes"]
        if number and size > _CHUNK_BYTES:
            return rows[:number]
    return rows


def _selected(records: Sequence[Outgoing], topics: Sequence[str] | None) -> Sequence[Outgoing]:
    return records if topics is None else [record for record in records if record.topic in topics]


def _stored_records(row: Record) -> Sequence[Outgoing]:
    columns = zip(
        row["event_ids"], row["topics"], row["keys"], row["payloads"], row["headers"], strict=True
    )
    return [
        Outgoing(event_id, topic, key, value, unpack_headers(headers))
        for event_id, topic, key, value, headers in columns
    ]


async def _pause(error: SystemicError | DatabaseBusyError, stopping: asyncio.Event) -> None:
    log.warning("relay_paused", code=error.code, reason=str(error))
    await pause(stopping, _RETRY_S)


class ExpressAndOthers:
    """A relay of the express topics, and one of all others.

    Each has a connection and a producer of its own. All records of a topic and key go through the
    same one, so they stay in order.
    """

    def __init__(self, pool: Pool, access: KafkaAccess) -> None:
        self._relays = [Relay(pool, access, part) for part in (EXPRESS_BUCKETS, KEY_BUCKETS)]

    def hand_over(self, batches: Sequence[OutboxBatch]) -> None:
        """Publish committed batches."""
        for relay in self._relays:
            relay.hand_over(batches)

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until asked to stop."""
        async with asyncio.TaskGroup() as running:
            for relay in self._relays:
                running.create_task(relay.run(stopping))
