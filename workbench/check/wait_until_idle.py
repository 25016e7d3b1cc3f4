"""Waiting until a router has processed everything."""

import asyncio
from collections.abc import Callable

from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import Database, open_database

OnProgress = Callable[[str, int, int], None]
"""Called with a step of the check, the units of it that are done, and their total."""

_POLL_S = 0.5
_UNPUBLISHED = "SELECT coalesce(sum(records), 0) FROM {}.outbox_waiting"
_UNSENT = """
    SELECT count(*) FROM notify.deliveries
     WHERE state = 'sending' OR (state = 'pending' AND not_before <= now())
"""
_UNDELIVERED = """
    SELECT count(*) FROM dispatch.webhook_deliveries JOIN dispatch.webhooks USING (bureau)
     WHERE state = 'pending' AND due_at <= now() AND enabled AND probe_at IS NULL
"""
_DEFERRED = "SELECT count(*) FROM {}.deferred"
_OFFSETS = "SELECT topic, partition, next_offset FROM {}.consumer_offset"


def no_progress(_step: str, _done: int, _total: int) -> None:
    """Ignore the progress."""


async def wait_until_idle(
    access: KafkaAccess, dsn: str, within_s: float, on_progress: OnProgress
) -> OffsetRanges:
    """Wait until outboxes are empty, what is due is sent, and services have read their topics.

    This must be so twice in a row with the same ends: what is published and read between the query
    of the broker and the one of the database would be missed otherwise. A deferred record counts as
    not yet read.

    Args:
        dsn: DSN of the operations role, or of the administrator.
        within_s: Seconds to wait at most; the invariants report what is left then.
        on_progress: Called after each look.

    Returns:
        The first offset of each partition and its end, exclusive.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + within_s
    most, previous = 0, None
    async with open_database(dsn) as connection:
        while True:
            bounds = await offset_bounds(access)
            left = await _left(connection, bounds)
            is_idle = not left and bounds == previous
            previous = bounds
            most = max(most, left)
            on_progress("settling", most - left, most)
            if is_idle or clock() >= until:
                return bounds
            await asyncio.sleep(_POLL_S)


async def _left(connection: Database, bounds: OffsetRanges) -> int:
    """Return the number of records and messages that are still to be processed."""
    left: int = await connection.fetchval(_UNSENT)
    left += await connection.fetchval(_UNDELIVERED)
    for service in SERVICES:
        left += await connection.fetchval(_UNPUBLISHED.format(service))
        left += await connection.fetchval(_DEFERRED.format(service))
        for row in await connection.fetch(_OFFSETS.format(service)):
            first, end = bounds.get(Partition(row["topic"], row["partition"]), (0, 0))
            left += max(0, end - max(row["next_offset"] or 0, first))
    return left
