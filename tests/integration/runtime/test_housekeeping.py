import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from shared.runtime.consumer.inbox import insert_new
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool, transaction
from tests.waiting import eventually

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)


def housekeeping(pool: Pool) -> Housekeeping:
    return Housekeeping(pool, outbox_retention=DAY, inbox_retention=35 * DAY)


async def outbox_ids(pool: Pool) -> list[str]:
    return [row["event_id"] for row in await pool.fetch("SELECT event_id FROM outbox ORDER BY seq")]


async def insert(pool: Pool, name: str, *, age: timedelta, published: bool, count: int = 1) -> None:
    async with transaction(pool) as db:
        await enqueue(db, [Outgoing(name, "topic", b"key", b"value")] * count)
        await db.execute(
            "UPDATE outbox SET created_at = now() - $2::interval, published = $3"
            " WHERE event_id = $1",
            name,
            age,
            published,
        )


async def collect(steps: AsyncGenerator[int]) -> list[int]:
    return [gone async for gone in steps]


async def test_only_published_rows_that_are_old_enough_go(pool: Pool) -> None:
    await insert(pool, "old, never published", age=40 * DAY, published=False)
    await insert(pool, "old", age=DAY * 1.1, published=True)
    await insert(pool, "young", age=DAY * 0.9, published=True)

    await collect(housekeeping(pool).prune_outbox())

    assert await outbox_ids(pool) == ["old, never published", "young"]


async def test_the_outbox_goes_in_steps_of_a_thousand_rows(pool: Pool) -> None:
    await insert(pool, "unpublished", age=2 * DAY, published=False, count=1_500)
    await insert(pool, "old", age=2 * DAY, published=True, count=2_500)

    steps = await collect(housekeeping(pool).prune_outbox())

    assert max(steps) <= 1_000
    assert sum(steps) == 2_500


async def test_the_inbox_forgets_by_age_wherever_a_row_lies(pool: Pool) -> None:
    names = [f"event-{n}" for n in range(5_000)]
    async with transaction(pool) as db:
        await insert_new(db, names)
        await db.execute(
            "UPDATE inbox SET taken_at = now() - interval '36 days'"
            " WHERE get_byte(event, 0) % 2 = 0"
        )
    old: int = await pool.fetchval(
        "SELECT count(*) FROM inbox WHERE taken_at < now() - '1 d'::interval"
    )

    steps = await collect(housekeeping(pool).prune_inbox())

    assert sum(steps) == old > 0
    assert max(steps) < 2_000
    assert await pool.fetchval("SELECT count(*) FROM inbox") == 5_000 - old


async def test_while_another_process_prunes_nothing_is_pruned_here(pool: Pool) -> None:
    await insert(pool, "old", age=2 * DAY, published=True)
    async with transaction(pool) as db:
        await db.fetchval("SELECT pg_advisory_xact_lock(hashtext(current_schema()), 1000)")
        assert await collect(housekeeping(pool).prune_outbox()) == []

    assert await outbox_ids(pool) == ["old"]


async def test_writers_do_not_wait_for_it(pool: Pool) -> None:
    await insert(pool, "old", age=2 * DAY, published=True)
    steps = housekeeping(pool).prune_outbox()
    async with transaction(pool) as writer:
        await enqueue(writer, [Outgoing("new", "topic", b"key", b"value")])
        assert await anext(steps) == 1
    await steps.aclose()

    assert await outbox_ids(pool) == ["new"]


async def test_it_counts_what_it_prunes_and_stops_at_once(pool: Pool) -> None:
    await insert(pool, "old", age=2 * DAY, published=True)
    before = pruned()
    stopping = asyncio.Event()
    task = asyncio.create_task(housekeeping(pool).run(stopping))

    async def counted() -> bool:
        return pruned() == before + 1

    await eventually(counted)
    stopping.set()
    await asyncio.wait_for(task, 2)


def pruned() -> float:
    return REGISTRY.get_sample_value("route311_pruned_total", {"table": "outbox"}) or 0
