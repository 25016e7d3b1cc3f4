"""Keeping a service's relay still, so that nothing overtakes what is published again."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import asyncpg

from shared.runtime.outbox import BUCKETS
from shared.runtime.postgres import Connection

_TAKE = """
    SELECT pg_advisory_lock(hashtext($1), bucket)
      FROM generate_series(0, $2::integer - 1) AS bucket
"""
_END_HOLDERS = """
    SELECT pg_terminate_backend(pid)
      FROM (SELECT DISTINCT pid
              FROM pg_locks
             WHERE locktype = 'advisory'
               AND objsubid = 2
               AND granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid::bigint = hashtext($1)::bigint & 4294967295
               AND pid <> $2) AS holders
"""
_LOOK_EVERY_S = 0.2


@asynccontextmanager
async def relay_paused(admin_dsn: str, service: str) -> AsyncGenerator[None]:
    """Hold every bucket of the service's outbox, so that no relay publishes meanwhile.

    A relay holds its buckets for as long as its connection lives. That is ended; the relay takes
    it for a short outage, and finds its buckets taken until the block ends.
    """
    keeper = await asyncpg.connect(admin_dsn)
    ender = await asyncpg.connect(admin_dsn)
    try:
        await _take(keeper, ender, service)
        yield
    finally:
        await ender.close()
        await keeper.close()


async def _take(keeper: Connection, ender: Connection, service: str) -> None:
    own = await keeper.fetchval("SELECT pg_backend_pid()")
    taking = asyncio.create_task(keeper.execute(_TAKE, service, BUCKETS))
    try:
        while not taking.done():
            await ender.execute(_END_HOLDERS, service, own)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(taking), _LOOK_EVERY_S)
        await taking
    finally:
        taking.cancel()
