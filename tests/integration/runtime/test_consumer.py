import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest
from prometheus_client import REGISTRY

from shared.contract.events import Event, RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.errors import DatabaseDownError, FencedError
from shared.runtime.consumer.messages import Message
from shared.runtime.consumer.offsets import advance, claim
from shared.runtime.kafka import Partition
from shared.runtime.postgres import Connection, Pool, open_pool, transaction
from tests.integration.runtime.children import ids, noted
from tests.integration.runtime.conftest import RunConsumer, decide
from tests.support.builders import request_submitted
from tests.support.databases import Database
from tests.support.tcp_proxy import tcp_proxy
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

KEY = "portland.gov:pavement"


async def test_a_batch_becomes_decisions_in_order_each_caused_once(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    events = [request_submitted() for _ in range(20)]
    await topic_log.publish(*events, events[3])

    async with run_consumer():
        decisions = await topic_log.at_least(20, TRIAGE_DECISIONS)

    assert sorted(d.data.request_id for d in decisions) == sorted(ids(events))
    assert await noted(pool) == ids(events)


async def test_an_event_that_comes_again_in_a_later_batch_is_handled_once(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    event, fence = request_submitted(), request_submitted()
    async with run_consumer():
        await topic_log.publish(event)
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        await topic_log.publish(event, fence)
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert await noted(pool) == ids([event, fence])


async def test_an_event_whose_name_is_as_long_as_allowed_is_handled(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    event = request_submitted().model_copy(update={"id": "é" * 500, "source": "/" + "é" * 499})
    async with run_consumer():
        await topic_log.publish(event)
        await topic_log.at_least(1, TRIAGE_DECISIONS)

    assert await noted(pool) == ids([event])


async def test_the_age_of_the_oldest_event_grows_until_it_is_handled(
    run_consumer: RunConsumer, topic_log: TopicLog
) -> None:
    may_end = asyncio.Event()

    async def held(messages: Sequence[Message[RequestSubmitted]], db: Connection) -> list[Event]:
        await may_end.wait()
        return await decide(messages, db)

    async with run_consumer(held):
        await eventually(no_event_waits)
        await topic_log.publish(request_submitted())
        await eventually(an_event_waits_for_over_a_second)
        may_end.set()
        await eventually(no_event_waits)


async def no_event_waits() -> bool:
    return oldest_age_s() == 0


async def an_event_waits_for_over_a_second() -> bool:
    return oldest_age_s() > 1


def oldest_age_s() -> float:
    """What a scrape of ``route311_oldest_event_seconds`` reads; -1 when it is absent."""
    labels = {"consumer": "runtime-test"}
    age_s = REGISTRY.get_sample_value("route311_oldest_event_seconds", labels)
    return -1 if age_s is None else age_s


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

    assert await noted(pool) == ids([first, second])


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

    assert await noted(pool) == []
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

    assert sorted(await noted(pool)) == sorted(ids(events))


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
    assert await noted(pool) == ids([event])


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

    assert len(await noted(pool)) == 3
    assert await topic_log.records("intake-requests-dlq") == []
