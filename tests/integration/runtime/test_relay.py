import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from shared.contract.topics import TRIAGE_DECISIONS
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool, open_pool, transaction
from tests.builders import request_triaged
from tests.conftest import Database
from tests.stack import Stores
from tests.topic_log import TopicLog
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@asynccontextmanager
async def relaying(pool: Pool, stores: Stores, *, count: int = 1) -> AsyncGenerator[None]:
    stopping = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(count):
            group.create_task(Relay(pool, stores.access).run(stopping))
        yield
        stopping.set()


def outgoing(key: str, number: int) -> Outgoing:
    return Outgoing(f"{key}-{number}", TRIAGE_DECISIONS.name, key.encode(), str(number).encode())


async def is_outbox_empty(pool: Pool) -> bool:
    return not await pool.fetchval("SELECT count(*) FROM outbox WHERE NOT published")


async def test_an_event_gets_to_its_topic_with_the_bytes_it_was_written_with(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    event = request_triaged()
    async with transaction(pool) as db:
        await enqueue(db, [event])

    async with relaying(pool, stores):
        assert await topic_log.at_least(1, TRIAGE_DECISIONS) == [event]

    [record] = await topic_log.records(TRIAGE_DECISIONS)
    assert record.key == (event.data.case_id or "").encode()
    assert dict(record.headers)["content-type"].startswith(b"application/cloudevents+json")


async def test_a_row_that_commits_late_is_not_jumped_over(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async with relaying(pool, stores):
        async with transaction(pool) as slow:
            await enqueue(slow, [outgoing("slow", 1)])
            async with transaction(pool) as quick:
                await enqueue(quick, [outgoing("quick", 2)])

            async def quick_is_out() -> bool:
                return len(await topic_log.records(TRIAGE_DECISIONS)) == 1

            await eventually(quick_is_out)
        await eventually(lambda: is_outbox_empty(pool))

    assert {r.value for r in await topic_log.records(TRIAGE_DECISIONS)} == {b"1", b"2"}


async def test_many_writers_and_relays_keep_the_order_of_each_key_and_publish_once(
    database: Database, pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    """Writers lock the key before they take a number, as services lock their case."""
    await pool.execute("CREATE TABLE counters (key text PRIMARY KEY, value integer NOT NULL)")
    await pool.execute("INSERT INTO counters SELECT 'key-' || n, 0 FROM generate_series(0, 7) n")
    lock = "UPDATE counters SET value = value + 1 WHERE key = $1 RETURNING value"

    async def write(writers: Pool, nth: int) -> None:
        async with transaction(writers) as db:
            key = f"key-{nth % 8}"
            await enqueue(db, [outgoing(key, await db.fetchval(lock, key))])

    async with (
        open_pool(database.dsn("triage"), size=10) as writers,
        relaying(pool, stores, count=3),
    ):
        await asyncio.gather(*(write(writers, nth) for nth in range(1_600)))
        await eventually(lambda: is_outbox_empty(pool))

    for n in range(8):
        seen = [
            int(record.value or b"0")
            for record in await topic_log.records(TRIAGE_DECISIONS)
            if record.key == f"key-{n}".encode()
        ]
        assert seen == list(range(1, 201))


async def test_what_was_published_but_not_marked_goes_out_again_with_the_same_bytes(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    event = request_triaged()
    async with transaction(pool) as db:
        await enqueue(db, [event])
    async with relaying(pool, stores):
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        await eventually(lambda: is_outbox_empty(pool))
    await pool.execute("UPDATE outbox SET published = false")

    async with relaying(pool, stores):
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    first, second = await topic_log.records(TRIAGE_DECISIONS)
    assert first.value == second.value


async def test_a_tombstone_is_published_as_one(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async with transaction(pool) as db:
        await enqueue(db, [Outgoing("erasure", TRIAGE_DECISIONS.name, b"request", None)])

    async with relaying(pool, stores):
        await eventually(lambda: is_outbox_empty(pool))

    [record] = await topic_log.records(TRIAGE_DECISIONS)
    assert record.value is None
