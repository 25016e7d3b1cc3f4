"""The outbox's way to Kafka, in order."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError, SystemicError
from shared.runtime.kafka import BrokerDownError, Sink, open_sink
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.outbox.outbox import BUCKETS, unpack_headers
from shared.runtime.outbox.records import Outgoing
from shared.runtime.postgres import Connection, Pool, acquire

log = structlog.get_logger()

_LOCK = "SELECT bucket FROM unnest($1::integer[]) AS bucket WHERE pg_try_advisory_lock($2, bucket)"
_LOCK_SPACE = "SELECT hashtext(current_schema())"
_NEXT = """
    SELECT seq, event_id, topic, key, value, headers
      FROM outbox
     WHERE NOT published AND bucket = ANY($1::smallint[])
     ORDER BY seq
     LIMIT $2
"""
_MARK = "UPDATE outbox SET published = true WHERE seq = ANY($1::bigint[])"
_WAITING = """
    SELECT count(*) AS rows,
           (SELECT extract(epoch FROM now() - created_at)
              FROM outbox WHERE NOT published ORDER BY seq LIMIT 1) AS oldest_s
      FROM (SELECT FROM outbox WHERE NOT published LIMIT 1000000) AS waiting
"""
_END_WHEN_IDLE = "SET idle_session_timeout = '15s'"

_CHUNK = 1000
_IDLE_S = 0.25
_RETRY_S = 1.0
_LOOK_FOR_BUCKETS_EVERY_S = 5.0
_MEASURE_EVERY_S = 1.0
_GRACE_S = 1.0


@dataclass(slots=True)
class Relay:
    """Moves outbox rows to Kafka: read in order, publish, wait for the broker, mark.

    There is no cursor that could jump over a row whose transaction committed late; what is not
    marked is read again. For each bucket of keys one relay of the service is active, held by an
    advisory lock on the connection that also reads and marks, so a lost connection ends its turn.
    A crash between publishing and marking publishes the same bytes once more. A relay that says
    nothing for 15 s, because its process is stopped or cut off, loses its turn to another; what it
    still sends later is a repeat of what it had read, and never something new.

    Whatever failure the sink meets, it is opened anew: a producer that the broker fenced, or whose
    sequence an older log does not know, never recovers by itself.
    """

    pool: Pool
    bootstrap: str
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def wake(self) -> None:
        """Say that there is something to publish."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until asked to stop, whatever becomes of the broker and the database."""
        with suppress(StoppedError):
            await cancel_on_stop(stopping, self._relay(stopping), grace_s=_GRACE_S)

    async def _relay(self, stopping: asyncio.Event) -> None:
        measuring = asyncio.create_task(self._measure())
        try:
            while not stopping.is_set():
                try:
                    async with open_sink(self.bootstrap, stopping) as sink:
                        await self._relay_to(sink, stopping)
                except BrokerDownError as error:
                    metrics.BROKER_FAILURES.inc()
                    await _pause(error, stopping)
        finally:
            measuring.cancel()

    async def _relay_to(self, sink: Sink, stopping: asyncio.Event) -> None:
        while not stopping.is_set():
            try:
                async with acquire(self.pool) as db:  # giving it back frees the locks
                    await db.execute(_END_WHEN_IDLE)
                    await self._publish(db, sink, stopping)
            except (DatabaseDownError, DatabaseBusyError) as error:
                await _pause(error, stopping)

    async def _measure(self) -> None:
        while True:
            with suppress(DatabaseDownError, DatabaseBusyError):
                async with acquire(self.pool) as db:
                    [waiting] = await db.fetch(_WAITING)
                metrics.OUTBOX.set(waiting["rows"])
                metrics.OUTBOX_OLDEST.set(waiting["oldest_s"] or 0)
            await asyncio.sleep(_MEASURE_EVERY_S)

    async def _publish(self, db: Connection, sink: Sink, stopping: asyncio.Event) -> None:
        space = await db.fetchval(_LOCK_SPACE)
        clock = asyncio.get_running_loop().time
        mine: list[int] = []
        look_again_at = 0.0
        while not stopping.is_set():
            if len(mine) < BUCKETS and clock() >= look_again_at:
                others = [bucket for bucket in range(BUCKETS) if bucket not in mine]
                mine += [row["bucket"] for row in await db.fetch(_LOCK, others, space)]
                look_again_at = clock() + _LOOK_FOR_BUCKETS_EVERY_S
            self._woken.clear()
            if await self._publish_chunk(db, sink, mine) < _CHUNK:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _IDLE_S)

    async def _publish_chunk(self, db: Connection, sink: Sink, buckets: Sequence[int]) -> int:
        rows = await db.fetch(_NEXT, buckets, _CHUNK)
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
        await db.execute(_MARK, [row["seq"] for row in rows])
        metrics.PUBLISHED.inc(len(rows))
        return len(rows)


async def _pause(error: SystemicError | DatabaseBusyError, stopping: asyncio.Event) -> None:
    log.warning("relay_paused", code=error.code, reason=str(error))
    await pause(stopping, _RETRY_S)
