"""Relays beside a test, and what they wait for."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from shared.contract.topics import TRIAGE_DECISIONS
from shared.runtime.outbox.outbox import BUCKETS, OutboxBatch, enqueue
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool, transaction
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog


@asynccontextmanager
async def relaying(
    pool: Pool, stores: Stores, *, count: int = 1, look_every_s: float = 5.0
) -> AsyncGenerator[list[Relay]]:
    stopping = asyncio.Event()
    relays = [Relay(pool, stores.access, look_every_s=look_every_s) for _ in range(count)]
    async with asyncio.TaskGroup() as group:
        for relay in relays:
            group.create_task(relay.run(stopping))
        yield relays
        stopping.set()


def outgoing(key: str, number: int) -> Outgoing:
    return Outgoing(f"{key}-{number}", TRIAGE_DECISIONS.name, key.encode(), str(number).encode())


async def is_outbox_empty(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT count(*) FROM outbox WHERE NOT published")


async def is_leading(pool: Pool) -> bool:
    """Return True when every bucket is held by a relay that waits after its look at the table."""
    held = """
        SELECT count(*) = $1 FROM pg_locks JOIN pg_stat_activity USING (pid)
         WHERE locktype = 'advisory' AND objsubid = 2 AND datname = current_database()
           AND state = 'idle' AND query LIKE '%outbox_waiting%'
    """
    return bool(await pool.fetchval(held, len(BUCKETS)))


async def commit(pool: Pool, *records: Outgoing) -> list[OutboxBatch]:
    async with transaction(pool) as db:
        return await enqueue(db, records)


async def has_one(topic_log: TopicLog) -> bool:
    return len(await topic_log.values(TRIAGE_DECISIONS)) == 1
