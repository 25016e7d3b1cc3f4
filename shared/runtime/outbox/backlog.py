"""The gauges of the outbox: how much waits, for how long, and how large the tables are."""

import asyncio
from contextlib import suppress

from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError
from shared.runtime.ops import metrics
from shared.runtime.ops.shutdown import pause
from shared.runtime.postgres import Pool, borrow

_BACKLOG = """
    SELECT coalesce(sum(records), 0) AS records,
           (SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits
             WHERE inhparent = 'outbox_batches'::regclass) AS bytes,
           (SELECT extract(epoch FROM now() - created_at)
              FROM outbox_waiting ORDER BY seq LIMIT 1) AS oldest_s
      FROM (SELECT records FROM outbox_waiting LIMIT 1000000) AS waiting
"""
_EVERY_S = 3.0


async def measure_backlog(pool: Pool, stopping: asyncio.Event) -> None:
    """Set the gauges every 3 s until asked to stop; while the database is down they stand."""
    with suppress(StoppedError):
        while True:
            with suppress(DatabaseDownError, DatabaseBusyError):
                async with borrow(pool) as db:
                    [backlog] = await db.fetch(_BACKLOG)
                metrics.OUTBOX.set(backlog["records"])
                metrics.OUTBOX_BYTES.set(backlog["bytes"])
                metrics.OUTBOX_OLDEST.set(backlog["oldest_s"] or 0)
            await pause(stopping, _EVERY_S)
