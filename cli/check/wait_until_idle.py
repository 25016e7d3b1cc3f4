"""Waiting until nothing is under way any more."""

import asyncio

import asyncpg

from cli.check.progress import Progress
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import OffsetRanges, offset_bounds
from shared.runtime.migrate import SERVICES

_LOOK_EVERY_S = 0.5
_WAITING = "SELECT count(*) FROM {}.outbox WHERE NOT published"
_TO_SEND = """
    SELECT count(*) FROM notify.deliveries
     WHERE state = 'sending' OR (state = 'pending' AND not_before <= now())
"""
_SET_ASIDE = "SELECT count(*) FROM {}.deferred"
_POSITIONS = "SELECT topic, partition, next_offset FROM {}.consumer_offset"


async def wait_until_idle(
    bootstrap: str, admin_dsn: str, within_s: float, progress: Progress
) -> OffsetRanges:
    """Wait until every outbox is empty, every message sent, and every service at the ends.

    Twice in a row, and with the same ends: what was published and read between the look at the
    broker and the one at the database would be missed otherwise.

    What a service has set aside for a while counts as not yet read.

    Args:
        bootstrap: The broker.
        admin_dsn: The database, as its administrator.
        within_s: How long to wait at most; what is under way then is for the invariants to judge.
        progress: Hears how much is left.

    Returns:
        The first offset of each partition and the one that comes next.
    """
    clock = asyncio.get_running_loop().time
    until = clock() + within_s
    most, before = 0, None
    connection = await asyncpg.connect(admin_dsn)
    try:
        while True:
            bounds = await offset_bounds(bootstrap)
            left = await _left(connection, bounds)
            still = not left and bounds == before
            before = bounds
            most = max(most, left)
            progress.at("settling", most - left, most)
            if still or clock() >= until:
                return bounds
            await asyncio.sleep(_LOOK_EVERY_S)
    finally:
        await connection.close()


async def _left(connection: "asyncpg.Connection[asyncpg.Record]", bounds: OffsetRanges) -> int:
    left: int = await connection.fetchval(_TO_SEND)
    for service in SERVICES:
        left += await connection.fetchval(_WAITING.format(service))
        left += await connection.fetchval(_SET_ASIDE.format(service))
        for row in await connection.fetch(_POSITIONS.format(service)):
            first, end = bounds.get(Partition(row["topic"], row["partition"]), (0, 0))
            left += max(0, end - max(row["next_offset"] or 0, first))
    return left
