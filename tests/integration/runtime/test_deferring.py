from collections.abc import Sequence
from functools import partial

import pytest
from prometheus_client import REGISTRY

from shared.contract.events import Event, RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS
from shared.errors import DatabaseBusyError, PermanentError
from shared.runtime.consumer.dlq_limit import DlqLimit
from shared.runtime.consumer.messages import Message
from shared.runtime.postgres import Connection, Pool
from tests.integration.runtime.children import ids, noted
from tests.integration.runtime.conftest import RunConsumer, decide
from tests.support.builders import request_submitted
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

FAILING = "failing"
SOON = (0.2, 0.2)
AGAIN_AND_AGAIN = (0.2,) * 1_000


class FailingHandler:
    """Fails on requests with the description ``failing`` while it has an error."""

    def __init__(self, error: Exception) -> None:
        self.error: Exception | None = error

    async def handle(
        self, messages: Sequence[Message[RequestSubmitted]], db: Connection
    ) -> list[Event]:
        if self.error and any(m.event.data.description == FAILING for m in messages):
            raise self.error
        return await decide(messages, db)


def requests(group: str, *descriptions: str) -> list[RequestSubmitted]:
    return [request_submitted(dedup_group=group, description=text) for text in descriptions]


def limit_count() -> float:
    name, labels = "route311_dead_letter_limit_total", {"consumer": "runtime-test"}
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def _limit_reached_since(before: float) -> bool:
    return limit_count() > before


async def deferred_count(pool: Pool) -> int:
    count: int = await pool.fetchval("SELECT count(*) FROM deferred")
    return count


async def test_a_key_that_cannot_go_on_waits_in_order_while_other_keys_are_handled(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    failing = FailingHandler(DatabaseBusyError("lock"))
    first, behind = requests("group-a", FAILING, "fine")
    other, another = requests("group-b", "fine", "fine")

    async with run_consumer(failing.handle, retry_delays_s=AGAIN_AND_AGAIN):
        await topic_log.publish(first, behind, other)
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        [last] = requests("group-a", "fine")
        await topic_log.publish(last, another)
        await topic_log.at_least(2, TRIAGE_DECISIONS)
        await eventually(lambda: _has_deferred(pool, 3))
        assert await noted(pool) == ids([other, another])
        failing.error = None
        await topic_log.at_least(5, TRIAGE_DECISIONS)

    assert await noted(pool) == ids([other, another, first, behind, last])
    assert await deferred_count(pool) == 0


async def _has_deferred(pool: Pool, count: int) -> bool:
    return await deferred_count(pool) == count


async def test_what_was_set_aside_outlives_the_process_and_is_handled_once(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    failing = FailingHandler(DatabaseBusyError("lock"))
    first, behind = requests("group-a", FAILING, "fine")
    await topic_log.publish(first, behind)
    async with run_consumer(failing.handle, retry_delays_s=AGAIN_AND_AGAIN):
        await eventually(lambda: _has_deferred(pool, 2))

    async with run_consumer():
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert await noted(pool) == ids([first, behind])
    assert await deferred_count(pool) == 0


async def test_what_never_goes_is_parked_with_its_error_and_those_behind_it_go_on(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    first, behind = requests("group-a", FAILING, "fine")
    failing = FailingHandler(DatabaseBusyError("lock"))
    async with run_consumer(failing.handle, retry_delays_s=SOON):
        await topic_log.publish(first, behind)
        await topic_log.at_least(1, TRIAGE_DECISIONS)

    [parked] = await topic_log.parked(INTAKE_REQUESTS)
    assert dict(parked.headers)["code"] == b"database_busy"
    assert await noted(pool) == ids([behind])


async def test_a_bad_deploy_parks_no_more_than_allowed_even_when_it_is_started_again(
    run_consumer: RunConsumer, topic_log: TopicLog
) -> None:
    limit = DlqLimit(consecutive=5)
    bad = FailingHandler(PermanentError("bug"))
    await topic_log.publish(*requests("group-a", *[FAILING] * 20))
    for _ in range(2):
        before = limit_count()
        async with run_consumer(bad.handle, dlq_limit=limit) as consumer:
            await eventually(partial(_limit_reached_since, before))
            assert not consumer.ready
            assert "ended at the dead-letter limit" in (consumer.blocked or "")

    async with run_consumer():
        await topic_log.at_least(15, TRIAGE_DECISIONS)
    parked = await topic_log.records("intake-requests-dlq")
    assert len({dict(record.headers)["source"] for record in parked}) == 5


async def test_garbage_of_our_own_counts_as_well(
    run_consumer: RunConsumer, topic_log: TopicLog
) -> None:
    for _ in range(4):
        await topic_log.write(INTAKE_REQUESTS, "key", b"garbage")

    before = limit_count()
    async with run_consumer(dlq_limit=DlqLimit(consecutive=2)) as consumer:
        await eventually(partial(_limit_reached_since, before))
        assert not consumer.ready
