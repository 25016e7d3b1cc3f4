from collections.abc import Sequence
from dataclasses import replace

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.record.util import calc_crc32c

from shared.contract.events import Event, RequestSubmitted, encode
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.errors import DatabaseDownError, FencedError
from shared.runtime.clock import utc_now
from shared.runtime.consumer.dlq_limit import DlqLimit, DlqLimitTracker
from shared.runtime.consumer.messages import Message
from shared.runtime.consumer.offsets import advance, claim
from shared.runtime.kafka import Partition
from shared.runtime.kafka.clients import connect
from shared.runtime.kafka.partitioner import partition_for
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.postgres import Connection, Pool, open_pool, transaction
from tests.builders import request_submitted
from tests.conftest import Database
from tests.integration.runtime.conftest import RunConsumer, decide
from tests.tcp_proxy import tcp_proxy
from tests.topic_log import TopicLog
from tests.waiting import eventually

pytestmark = pytest.mark.integration

KEY = "portland.gov:pavement"


async def handled_ids(pool: Pool) -> list[str]:
    return [str(row["request_id"]) for row in await pool.fetch("SELECT request_id FROM noted")]


def ids(events: Sequence[RequestSubmitted]) -> list[str]:
    return [event.data.request_id for event in events]


async def test_a_batch_becomes_decisions_in_order_each_caused_once(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    events = [request_submitted() for _ in range(20)]
    await topic_log.publish(*events, events[3])

    async with run_consumer():
        decisions = await topic_log.at_least(20, TRIAGE_DECISIONS)

    assert sorted(d.data.request_id for d in decisions) == sorted(ids(events))
    assert await handled_ids(pool) == ids(events)


async def test_an_event_that_comes_again_in_a_later_batch_is_handled_once(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    event, fence = request_submitted(), request_submitted()
    async with run_consumer():
        await topic_log.publish(event)
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        await topic_log.publish(event, fence)
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert await handled_ids(pool) == ids([event, fence])


async def test_an_event_whose_name_is_as_long_as_allowed_is_handled(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    event = request_submitted().model_copy(update={"id": "é" * 500, "source": "/" + "é" * 499})
    async with run_consumer():
        await topic_log.publish(event)
        await topic_log.at_least(1, TRIAGE_DECISIONS)

    assert await handled_ids(pool) == ids([event])


async def test_a_restart_goes_on_after_the_last_commit(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    first, second = request_submitted(), request_submitted()
    await topic_log.publish(first)
    async with run_consumer():
        await topic_log.at_least(1, TRIAGE_DECISIONS)

    await topic_log.publish(second)
    async with run_consumer():
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert await handled_ids(pool) == ids([first, second])


async def publish_with_foreign_headers(access: KafkaAccess, values: Sequence[bytes]) -> None:
    """Publish values with a header name that is not UTF-8, as other languages can write it."""
    async with connect(lambda: AIOKafkaProducer(**access.aiokafka_options())) as producer:
        partitions = await producer.partitions_for(INTAKE_REQUESTS.name)
        batch = producer.create_batch()
        for value in values:
            batch.append(key=KEY.encode(), value=value, timestamp=None, headers=[("~~", None)])
        raw = batch._build().replace(b"~~", b"\xff\xfe")  # noqa: SLF001 - it takes only UTF-8
        raw[17:21] = calc_crc32c(bytes(raw[21:])).to_bytes(4, "big")
        batch._buffer = raw  # noqa: SLF001 - as above
        partition = partition_for(KEY.encode(), len(partitions))
        await (await producer.send_batch(batch, INTAKE_REQUESTS.name, partition=partition))


async def test_a_header_without_a_value_and_with_a_name_that_is_not_utf_8_stops_nothing(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    first, last = request_submitted(), request_submitted()
    await publish_with_foreign_headers(topic_log.access, [encode(first), b"garbage"])
    await topic_log.publish(last)

    async with run_consumer():
        await topic_log.at_least(2, TRIAGE_DECISIONS)
        parked = await topic_log.parked(INTAKE_REQUESTS)

    assert await handled_ids(pool) == ids([first, last])
    [(name, value), *_] = parked[0].headers
    assert (parked[0].value, name, value or None) == (b"garbage", "\\xff\\xfe", None)


async def test_garbage_is_parked_as_it_was_with_its_reason_and_the_rest_flows(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    before, poison, after = (
        request_submitted(),
        request_submitted(description="poison"),
        request_submitted(),
    )
    async with run_consumer():
        await topic_log.publish(before)
        await topic_log.write(INTAKE_REQUESTS, KEY, b"garbage", colour=b"\x00\xff")
        await topic_log.publish(poison, after)
        await topic_log.at_least(2, TRIAGE_DECISIONS)
        garbage, poisoned = await topic_log.parked(INTAKE_REQUESTS, 2)

    assert await handled_ids(pool) == ids([before, after])
    headers = dict(garbage.headers)
    assert (garbage.key, garbage.value) == (KEY.encode(), b"garbage")
    assert (headers["service"], headers["code"]) == (b"triage", b"undecodable_event")
    assert headers["colour"] == b"\x00\xff"
    assert headers["source"].startswith(b"intake-requests/")
    assert poisoned.value == encode(poison)
    assert dict(poisoned.headers)["reason"] == b"description: poison"


async def test_express_comes_before_a_standard_backlog_and_in_a_batch_of_its_own(
    run_consumer: RunConsumer, topic_log: TopicLog
) -> None:
    batches: list[list[str]] = []

    async def in_batches(
        messages: Sequence[Message[RequestSubmitted]], db: Connection
    ) -> list[Event]:
        batches.append([message.event.data.lane for message in messages])
        return await decide(messages, db)

    backlog = [request_submitted() for _ in range(2_000)]
    await topic_log.publish(*backlog, request_submitted(lane="express"))

    async with run_consumer(in_batches):
        await topic_log.at_least(2_001, TRIAGE_DECISIONS)

    waited_for = next(n for n, lanes in enumerate(batches) if "express" in lanes)
    assert sum(map(len, batches[:waited_for])) < len(backlog) / 2
    assert batches[waited_for] == ["express"]


async def test_who_lost_the_partition_changes_nothing_any_more(pool: Pool) -> None:
    where = Partition(INTAKE_REQUESTS.name, 0)
    async with transaction(pool) as db:
        before = await claim(db, [where])
    async with transaction(pool) as db:
        after = await claim(db, [where])

    async def write_as_before() -> None:
        async with transaction(pool) as db:
            await db.execute("INSERT INTO noted SELECT gen_random_uuid()")
            await advance(db, before, {where: replace(before[where], next_offset=10_000)})

    with pytest.raises(FencedError):
        await write_as_before()

    assert await handled_ids(pool) == []
    async with transaction(pool) as db:
        await advance(db, after, {where: replace(after[where], next_offset=10_000)})


async def test_a_commit_that_held_after_all_is_not_made_twice(pool: Pool) -> None:
    where = Partition(INTAKE_REQUESTS.name, 0)
    async with transaction(pool) as db:
        held = await claim(db, [where])
        await advance(db, held, {where: replace(held[where], next_offset=10_000)})

    with pytest.raises(FencedError):
        async with transaction(pool) as db:
            await advance(db, held, {where: replace(held[where], next_offset=10_000)})


async def test_members_that_come_and_go_handle_each_event_once(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    events = [request_submitted(dedup_group=f"group-{n % 24}") for n in range(600)]
    async with run_consumer():
        await topic_log.publish(*events[:200])
        async with run_consumer():
            await topic_log.publish(*events[200:400])
            await topic_log.at_least(400, TRIAGE_DECISIONS)
        await topic_log.publish(*events[400:])
        await topic_log.at_least(600, TRIAGE_DECISIONS)

    assert sorted(await handled_ids(pool)) == sorted(ids(events))


async def test_a_handler_that_was_fenced_in_its_batch_leaves_nothing_and_the_batch_is_done_once(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    thefts = 0

    async def robbed_once(
        messages: Sequence[Message[RequestSubmitted]], db: Connection
    ) -> list[Event]:
        nonlocal thefts
        if not thefts:
            thefts += 1
            await db.execute("UPDATE consumer_offset SET epoch = epoch + 1")
            raise FencedError("stolen")
        return await decide(messages, db)

    event = request_submitted()
    async with run_consumer(robbed_once):
        await topic_log.publish(event)
        await topic_log.at_least(1, TRIAGE_DECISIONS)

    assert thefts == 1
    assert await handled_ids(pool) == ids([event])


async def test_while_the_database_is_away_nothing_is_parked_and_it_goes_on_by_itself(
    run_consumer: RunConsumer, database: Database, pool: Pool, topic_log: TopicLog
) -> None:
    host, port = database.dsn("triage").rpartition("@")[2].split("/")[0].split(":")
    async with tcp_proxy(host, int(port)) as link:
        dsn = database.dsn("triage").replace(f"{host}:{port}", f"127.0.0.1:{link.port}")
        async with open_pool(dsn) as through_link, run_consumer(pool=through_link):
            await topic_log.publish(request_submitted())
            await topic_log.at_least(1, TRIAGE_DECISIONS)
            link.close()
            with pytest.raises(DatabaseDownError):
                async with transaction(through_link) as db:
                    await db.execute("SELECT 1")
            await topic_log.publish(request_submitted(), request_submitted())
            await link.open()
            await topic_log.at_least(3, TRIAGE_DECISIONS)

    assert len(await handled_ids(pool)) == 3
    assert await topic_log.records("intake-requests-dlq") == []


async def test_an_oversized_record_is_parked_unread(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    huge = b'"' + b"x" * 5_000_000 + b'"'
    async with run_consumer():
        await topic_log.write(INTAKE_REQUESTS, KEY, huge)
        await topic_log.publish(request_submitted())
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        [parked] = await topic_log.parked(INTAKE_REQUESTS)

    assert parked.value == huge
    assert dict(parked.headers)["code"] == b"too_large"
    assert len(await handled_ids(pool)) == 1


async def test_garbage_of_outsiders_beyond_its_bytes_is_counted_and_not_kept(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DlqLimitTracker, "is_garbage", lambda _, __: True)
    await eventually(_has_the_hour_time_left)
    garbage = b"x" * 1_000
    for _ in range(5):
        await topic_log.write(INTAKE_REQUESTS, KEY, garbage)
    last = request_submitted()
    await topic_log.publish(last)

    async with run_consumer(dlq_limit=DlqLimit(bytes_per_hour=2_500)):
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        await eventually(lambda: topic_log.records("intake-requests-dlq"))
    async with run_consumer(dlq_limit=DlqLimit(bytes_per_hour=2_500)):  # it survives a restart
        await topic_log.write(INTAKE_REQUESTS, KEY, garbage)
        await topic_log.publish(request_submitted())
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert [r.value for r in await topic_log.records("intake-requests-dlq")] == [garbage, garbage]
    [row] = await pool.fetch("SELECT * FROM garbage")
    assert (row["topic"], row["code"]) == ("intake-requests", "undecodable_event")
    assert (row["kept_records"], row["dropped_records"]) == (2, 4)
    assert row["dropped_bytes"] > 4_000
    assert len(await handled_ids(pool)) == 2


async def _has_the_hour_time_left() -> bool:
    """Return True but for the end of an hour of the clock, for which the bytes are counted."""
    now = utc_now()
    return now.replace(minute=59, second=30) > now
