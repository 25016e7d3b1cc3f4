"""The outbox's way to Kafka, in order."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from shared.errors import SystemicError
from shared.runtime import metrics
from shared.runtime.kafka import BrokerDownError, Sink, open_sink
from shared.runtime.outbox import BUCKETS, unpack
from shared.runtime.postgres import Connection, Pool, translated
from shared.runtime.records import Outgoing

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
_WAITING = "SELECT count(*) FROM outbox WHERE NOT published"

_CHUNK = 1000
_IDLE_S = 0.25
_RETRY_S = 1.0
_LOOK_FOR_BUCKETS_EVERY_S = 5.0


@dataclass(slots=True)
class Relay:
    """Moves outbox rows to Kafka: read in order, publish, wait for the broker, mark.

    There is no cursor that could jump over a row whose transaction committed late; what is not
    marked is read again. For each bucket of keys one relay of the service is active, held by an
    advisory lock on the connection that also reads and marks, so a lost connection ends its turn.
    A crash between publishing and marking publishes the same bytes once more.
    """

    pool: Pool
    bootstrap: str
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def wake(self) -> None:
        """Say that there is something to publish."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Publish until asked to stop, whatever becomes of the broker and the database."""
        async with open_sink(self.bootstrap) as sink:
            while not stopping.is_set():
                try:
                    async with self._turn() as db:
                        await self._publish(db, sink, stopping)
                except SystemicError as error:
                    log.warning("relay_paused", code=error.code, reason=str(error))
                    await asyncio.sleep(_RETRY_S)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[Connection]:
        with translated():
            async with self.pool.acquire() as db:
                yield db  # returning it to the pool gives the locks back

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
                metrics.OUTBOX.set(await db.fetchval(_WAITING))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), _IDLE_S)

    async def _publish_chunk(self, db: Connection, sink: Sink, buckets: Sequence[int]) -> int:
        rows = await db.fetch(_NEXT, buckets, _CHUNK)
        if not rows:
            return 0
        try:
            await sink.publish(
                [
                    Outgoing(r["event_id"], r["topic"], r["key"], r["value"], unpack(r["headers"]))
                    for r in rows
                ]
            )
        except BrokerDownError:
            metrics.BROKER_FAILURES.inc()
            raise
        await db.execute(_MARK, [row["seq"] for row in rows])
        metrics.PUBLISHED.inc(len(rows))
        return len(rows)
