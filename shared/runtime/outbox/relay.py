"""The relay: publishes outbox rows to Kafka, in order, at least once."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError, SystemicError
from shared.runtime.kafka import BrokerDownError, KafkaSink, open_sink
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.outbox.outbox import BUCKETS, unpack_headers
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, acquire

log = structlog.get_logger()

_LOCK_BUCKETS = """
    SELECT bucket FROM unnest($1::integer[]) AS bucket WHERE pg_try_advisory_lock($2, bucket)
"""
_LOCK_SPACE = "SELECT hashtext(current_schema())"
_NEXT = """
    SELECT seq, event_id, topic, key, value, headers
      FROM outbox
     WHERE NOT published AND bucket = ANY($1::smallint[])
     ORDER BY seq
     LIMIT $2
"""
_MARK_PUBLISHED = "UPDATE outbox SET published = true WHERE seq = ANY($1::bigint[])"
_BACKLOG = """
    SELECT count(*) AS rows,
           (SELECT extract(epoch FROM now() - created_at)
              FROM outbox WHERE NOT published ORDER BY seq LIMIT 1) AS oldest_s
      FROM (SELECT FROM outbox WHERE NOT published LIMIT 1000000) AS waiting
"""
_END_WHEN_IDLE = "SET idle_session_timeout = '15s'"

_CHUNK_ROWS = 1000
_POLL_S = 0.25
_RETRY_S = 1.0
_LOCK_EVERY_S = 5.0
_MEASURE_EVERY_S = 1.0
_STOP_GRACE_S = 1.0


@dataclass(slots=True)
class Relay:
    """Moves outbox rows to Kafka: read in order, publish, wait for the acknowledgement, mark.

    There is no cursor that could skip a row whose transaction committed late: an unmarked row is
    read again. For each bucket of keys one relay of the service is active. It holds an advisory
    lock on the connection that also reads and marks, so a lost connection ends its lease. A crash
    between publishing and marking publishes the same bytes again. A relay that is silent for 15 s,
    because its process is suspended or cut off, loses its lease to another; anything that it still
    sends later repeats rows that it had read before.

    After any failure of the sink a new one is opened: a producer that was fenced by the broker, or
    whose sequence numbers an older log does not know, never recovers.

    Attributes:
        pool: The service's database.
        access: Where Kafka is, and as whom to connect.
    """

    pool: Pool
    access: KafkaAccess
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def wake(self) -> None:
        """Look for new rows now instead of at the next poll."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until asked to stop, through any outage of the broker or the database."""
        with suppress(StoppedError):
            await cancel_on_stop(stopping, self._relay(stopping), grace_s=_STOP_GRACE_S)

    async def _relay(self, stopping: asyncio.Event) -> None:
        measuring = asyncio.create_task(self._measure_backlog())
        try:
            while not stopping.is_set():
                try:
                    async with open_sink(self.access, stopping) as sink:
                        await self._relay_to(sink, stopping)
                except BrokerDownError as error:
                    metrics.BROKER_FAILURES.inc()
                    await _pause(error, stopping)
        finally:
            measuring.cancel()

    async def _relay_to(self, sink: KafkaSink, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                async with acquire(self.pool) as db:  # its release frees the locks
                    await db.execute(_END_WHEN_IDLE)
                    await self._publish(db, sink, stopping)
            except (DatabaseDownError, DatabaseBusyError) as error:
                await _pause(error, stopping)

    async def _measure_backlog(self) -> None:
        while True:
            with suppress(DatabaseDownError, DatabaseBusyError):
                async with acquire(self.pool) as db:
                    [backlog] = await db.fetch(_BACKLOG)
                metrics.OUTBOX.set(backlog["rows"])
                metrics.OUTBOX_OLDEST.set(backlog["oldest_s"] or 0)
            await asyncio.sleep(_MEASURE_EVERY_S)

    async def _publish(self, db: Connection, sink: KafkaSink, stopping: asyncio.Event) -> None:
        lock_space = await db.fetchval(_LOCK_SPACE)
        clock = asyncio.get_running_loop().time
        locked: list[int] = []
        lock_again_at = 0.0
        while not stopping.is_set():
            if len(locked) < BUCKETS and clock() >= lock_again_at:
                others = [bucket for bucket in range(BUCKETS) if bucket not in locked]
                rows = await db.fetch(_LOCK_BUCKETS, others, lock_space)
                locked += [row["bucket"] for row in rows]
                lock_again_at = clock() + _LOCK_EVERY_S
            self._woken.clear()
            if await self._publish_chunk(db, sink, locked) < _CHUNK_ROWS:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _POLL_S)

    async def _publish_chunk(self, db: Connection, sink: KafkaSink, buckets: Sequence[int]) -> int:
        rows = await db.fetch(_NEXT, buckets, _CHUNK_ROWS)
        if not rows:
            return 0
        await sink.publish(
            [
                Outgoing(
                    r["event_id"], r["topic"], r["key"], r["value"], unpack_headers(r["headers"])
                )
                for r in rows
            ]
        )
        await db.execute(_MARK_PUBLISHED, [row["seq"] for row in rows])
        metrics.PUBLISHED.inc(len(rows))
        return len(rows)


async def _pause(error: SystemicError | DatabaseBusyError, stopping: asyncio.Event) -> None:
    log.warning("relay_paused", code=error.code, reason=str(error))
    await pause(stopping, _RETRY_S)
