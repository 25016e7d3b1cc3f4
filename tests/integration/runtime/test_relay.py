import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from shared.contract.events import encode
from shared.contract.topics import TRIAGE_DECISIONS
from shared.runtime.batch_size import Gathering
from shared.runtime.kafka import BrokerDownError, KafkaSink
from shared.runtime.outbox.housekeeping import remove_records
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outbox.relay import Relay
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Pool, open_pool, transaction
from tests.integration.runtime.relays import (
    commit,
    has_one,
    is_leading,
    is_outbox_empty,
    outgoing,
    relaying,
)
from tests.support.builders import request_triaged
from tests.support.databases import Database
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

NEVER_S = 3_600.0
"""Lets relays look at the table when they are woken alone."""


async def mark_unpublished(pool: Pool) -> None:
    await pool.execute(
        "INSERT INTO outbox_waiting (seq, bucket, records, bytes)"
        " SELECT seq, bucket, cardinality(topics), 0 FROM outbox_batches"
    )


async def test_an_event_gets_to_its_topic_with_the_bytes_it_was_written_with(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    event = request_triaged()
    async with transaction(pool) as db:
        await enqueue(db, [event])

    async with relaying(pool, stores):
        await topic_log.at_least(1, TRIAGE_DECISIONS)

    [record] = await topic_log.records(TRIAGE_DECISIONS)
    assert record.value == encode(event)
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
            await eventually(lambda: has_one(topic_log))
        await eventually(lambda: is_outbox_empty(pool))

    assert {r.value for r in await topic_log.records(TRIAGE_DECISIONS)} == {b"1", b"2"}


async def test_many_writers_and_relays_keep_the_order_of_each_key_and_publish_once(
    database: Database, pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    """Writers lock the key before they take a number, as services lock their case."""
    await pool.execute("CREATE TABLE counters (key text PRIMARY KEY, value integer NOT NULL)")
    await pool.execute("INSERT INTO counters SELECT 'key-' || n, 0 FROM generate_series(0, 7) n")
    lock = "UPDATE counters SET value = value + 1 WHERE key = $1 RETURNING value"

    async def write(writers: Pool) -> None:
        for nth in range(160):
            async with transaction(writers) as db:
                key = f"key-{nth % 8}"
                await enqueue(db, [outgoing(key, await db.fetchval(lock, key))])

    async with (
        open_pool(database.dsn("triage"), size=10) as writers,
        relaying(pool, stores, count=3),
    ):
        await asyncio.gather(*(write(writers) for _ in range(10)))
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
    await mark_unpublished(pool)

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


async def test_what_is_handed_over_is_published_at_once_and_not_read_from_the_table(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async with relaying(pool, stores, look_every_s=NEVER_S) as [relay]:
        await eventually(lambda: is_leading(pool))
        batches = await commit(pool, outgoing("key", 1))
        await pool.execute("UPDATE outbox_batches SET payloads = ARRAY['read'::bytea]")
        relay.hand_over(batches)
        await eventually(lambda: is_outbox_empty(pool))

    assert await topic_log.values(TRIAGE_DECISIONS) == [b"1"]


async def test_while_many_come_it_lingers_but_not_for_an_urgent_one(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async def has_all() -> bool:
        return await topic_log.values(TRIAGE_DECISIONS) == [b"0", b"1", b"2"]

    async with relaying(pool, stores, look_every_s=NEVER_S) as [relay]:
        await eventually(lambda: is_leading(pool))
        relay.gathering = Gathering(NEVER_S, NEVER_S)
        for number in range(2):
            relay.hand_over(await commit(pool, outgoing("key", number)))
            await eventually(lambda: has_one(topic_log))
        assert await topic_log.values(TRIAGE_DECISIONS) == [b"0"]

        relay.hand_over(
            [replace(b, is_urgent=True) for b in await commit(pool, outgoing("key", 2))]
        )
        await eventually(has_all)


async def test_what_is_handed_over_without_a_commit_is_not_published(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async with relaying(pool, stores, look_every_s=NEVER_S) as [relay]:
        await eventually(lambda: is_leading(pool))
        async with transaction(pool) as db:
            relay.hand_over(await enqueue(db, [outgoing("key", 1)]))
            relay.hand_over(await commit(pool, outgoing("key", 2)))
            await eventually(lambda: has_one(topic_log))
            assert await topic_log.values(TRIAGE_DECISIONS) == [b"2"]


async def test_of_two_batches_the_older_goes_first_whichever_is_handed_over_first(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async with relaying(pool, stores, look_every_s=NEVER_S) as [relay]:
        await eventually(lambda: is_leading(pool))
        first, second, third = [await commit(pool, outgoing("key", n)) for n in range(3)]
        relay.hand_over(third)
        relay.hand_over(first)
        await eventually(lambda: is_outbox_empty(pool))

    assert second, "another process has committed it"
    assert await topic_log.values(TRIAGE_DECISIONS) == [b"0", b"1", b"2"]


async def test_what_exceeds_the_memory_is_read_from_the_table(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async with relaying(pool, stores, look_every_s=NEVER_S) as [relay]:
        await eventually(lambda: is_leading(pool))
        relay.memory.limit_bytes = len(b"key") + 1
        relay.hand_over([b for n in range(3) for b in await commit(pool, outgoing("key", n))])
        await eventually(lambda: is_outbox_empty(pool))

    assert await topic_log.values(TRIAGE_DECISIONS) == [b"0", b"1", b"2"]


async def test_what_was_erased_from_the_table_is_not_published_from_memory(
    pool: Pool, stores: Stores, topic_log: TopicLog
) -> None:
    async with relaying(pool, stores, look_every_s=NEVER_S) as [relay]:
        await eventually(lambda: is_leading(pool))
        [batch] = batches = await commit(pool, *(outgoing("key", n) for n in range(3)))
        async with transaction(pool) as db:
            await remove_records(db, [(batch.seq, "key-1")])
        relay.hand_over(batches)
        await eventually(lambda: is_outbox_empty(pool))

    assert await topic_log.values(TRIAGE_DECISIONS) == [b"0", b"2"]


async def test_a_commit_of_a_process_without_the_bucket_wakes_the_relay_that_has_it(
    pool: Pool, stores: Stores
) -> None:
    async with relaying(pool, stores, look_every_s=NEVER_S):
        await eventually(lambda: is_leading(pool))
        async with relaying(pool, stores, look_every_s=NEVER_S) as [other]:
            await eventually(lambda: is_listening(pool, 2))
            other.hand_over(await commit(pool, outgoing("key", 1)))
            await eventually(lambda: is_outbox_empty(pool))


async def is_listening(pool: Pool, count: int) -> bool:
    sessions = """
        SELECT count(*) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE '%outbox_waiting%'
           AND pid <> pg_backend_pid()
    """
    return bool(await pool.fetchval(sessions) == count)


async def test_without_work_it_asks_the_database_only_every_few_seconds(
    pool: Pool, stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    publish = Relay._publish_chunk  # noqa: SLF001 - counts the looks

    async def counted(relay: Relay, *args: Any) -> object:
        looks.append(1)
        return await publish(relay, *args)

    monkeypatch.setattr(Relay, "_publish_chunk", counted)
    async with relaying(pool, stores):
        await eventually(lambda: is_leading(pool))
        await pool.execute("SELECT pg_sleep(2)")

    assert len(looks) <= 2


async def test_an_unmarked_batch_is_published_again_when_the_acknowledgement_was_lost(
    pool: Pool, stores: Stores, topic_log: TopicLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish, lost = KafkaSink.publish, [1]

    async def without_acknowledgement(sink: KafkaSink, records: Sequence[Outgoing]) -> None:
        if lost:
            lost.clear()
            raise BrokerDownError("the acknowledgement is lost")
        await publish(sink, records)

    monkeypatch.setattr(KafkaSink, "publish", without_acknowledgement)
    async with relaying(pool, stores) as [relay]:
        await eventually(lambda: is_leading(pool))
        relay.hand_over(await commit(pool, outgoing("key", 1)))
        await eventually(lambda: is_outbox_empty(pool))

    assert await topic_log.values(TRIAGE_DECISIONS) == [b"1"]
