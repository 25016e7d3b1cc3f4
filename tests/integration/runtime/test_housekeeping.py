import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY

from shared.errors import DatabaseBusyError
from shared.runtime.consumer.batch_transaction import insert_new_events
from shared.runtime.outbox.housekeeping import Housekeeping
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool, transaction
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def housekeeping(pool: Pool) -> Housekeeping:
    return Housekeeping(pool, outbox_retention=7 * HOUR, inbox_retention=35 * DAY)


async def outbox_ids(pool: Pool) -> list[str]:
    return [row["event_id"] for row in await pool.fetch("SELECT event_id FROM outbox ORDER BY seq")]


async def insert(pool: Pool, name: str, *, age: timedelta, published: bool = True) -> None:
    """Insert three records into the segment that is filled now."""
    async with transaction(pool) as db:
        [batch] = await enqueue(db, [Outgoing(name, "topic", b"key", b"value")] * 3)
        await db.execute(
            "UPDATE outbox_batches SET created_at = now() - $2::interval WHERE seq = $1",
            batch.seq,
            age,
        )
        if published:
            await db.execute("DELETE FROM outbox_waiting WHERE seq = $1", batch.seq)


async def turn(pool: Pool, times: int = 8) -> list[int]:
    """Let an hour, the share of a segment, go by so many times; return what went each time."""
    gone = []
    for _ in range(times):
        await pool.execute("UPDATE outbox_segment SET since = since - interval '1 hour'")
        gone.append(await housekeeping(pool).rotate_outbox())
    return gone


async def collect(steps: AsyncGenerator[int]) -> list[int]:
    return [gone async for gone in steps]


async def test_a_segment_is_emptied_as_a_whole_when_its_turn_comes_round(pool: Pool) -> None:
    await insert(pool, "old", age=8 * HOUR)

    assert await housekeeping(pool).rotate_outbox() == 0, "an hour has not gone by"
    assert await turn(pool) == [0, 0, 0, 0, 0, 0, 0, 3]

    assert await outbox_ids(pool) == []


@pytest.mark.parametrize(
    ("age", "published"), [(6.9 * HOUR, True), (40 * DAY, False)], ids=["young", "unpublished"]
)
async def test_what_is_young_or_was_never_published_stays(
    pool: Pool, age: timedelta, published: bool
) -> None:
    await turn(pool, 1)
    await insert(pool, "kept", age=age, published=published)

    assert await turn(pool, 9) == [0] * 9

    assert await outbox_ids(pool) == ["kept"] * 3
    assert await pool.fetchval("SELECT current FROM outbox_segment") == 0


async def test_the_inbox_forgets_by_age_wherever_a_row_lies(pool: Pool) -> None:
    names = [f"event-{n}" for n in range(5_000)]
    async with transaction(pool) as db:
        await insert_new_events(db, names)
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
    await turn(pool, 7)
    await insert(pool, "old", age=8 * HOUR)
    async with transaction(pool) as db:
        await db.fetchval("SELECT pg_advisory_xact_lock(hashtext(current_schema()), 1000)")
        assert await turn(pool) == [0] * 8

    assert await outbox_ids(pool) == ["old"] * 3


async def test_writers_do_not_wait_for_it(pool: Pool) -> None:
    await insert(pool, "old", age=8 * HOUR)
    await turn(pool, 7)
    async with transaction(pool) as writer:
        await enqueue(writer, [Outgoing("new", "topic", b"key", b"value")])
        assert await turn(pool, 1) == [3]

    assert await outbox_ids(pool) == ["new"]


async def test_a_reader_of_the_oldest_segment_postpones_it(pool: Pool) -> None:
    await insert(pool, "old", age=8 * HOUR)
    await turn(pool, 7)
    async with transaction(pool) as reader:
        await reader.execute("SELECT FROM outbox")
        with pytest.raises(DatabaseBusyError):
            await turn(pool, 1)

    assert await housekeeping(pool).rotate_outbox() == 3


async def test_it_counts_what_it_prunes_and_stops_at_once(pool: Pool) -> None:
    await insert(pool, "old", age=8 * HOUR)
    await turn(pool, 7)
    await pool.execute("UPDATE outbox_segment SET since = since - interval '1 hour'")
    before = pruned()
    stopping = asyncio.Event()
    task = asyncio.create_task(housekeeping(pool).run(stopping))

    async def counted() -> bool:
        return pruned() == before + 3

    await eventually(counted)
    stopping.set()
    await asyncio.wait_for(task, 60)  # the next round is in an hour


def pruned() -> float:
    return REGISTRY.get_sample_value("route311_pruned_total", {"table": "outbox"}) or 0
