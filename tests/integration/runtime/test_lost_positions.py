import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from prometheus_client import REGISTRY

from shared.contract.events import RequestSubmitted
from shared.contract.topics import INTAKE_REQUESTS, TRIAGE_DECISIONS, dedup_key
from shared.runtime.kafka import Partition
from shared.runtime.kafka.sink import partition_for
from shared.runtime.postgres import Pool
from tests.integration.runtime.children import noted
from tests.integration.runtime.conftest import RunConsumer
from tests.support.builders import request_submitted
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog
from tests.support.waiting import eventually

pytestmark = pytest.mark.integration

TOPIC = INTAKE_REQUESTS.name


def partition_of(event: RequestSubmitted) -> int:
    key = dedup_key(event.data.jurisdiction, event.data.dedup_group).encode()
    return partition_for(key, INTAKE_REQUESTS.partitions)


def requests_of_two_partitions() -> tuple[RequestSubmitted, RequestSubmitted]:
    first = request_submitted(dedup_group="group-0")
    others = (request_submitted(dedup_group=f"group-{n}") for n in range(1, 50))
    return first, next(other for other in others if partition_of(other) != partition_of(first))


def lost_position_count(partition: int) -> float:
    labels = {"topic": TOPIC, "partition": str(partition)}
    return REGISTRY.get_sample_value("route311_position_lost_total", labels) or 0


async def set_position(pool: Pool, partition: int, **to: int | None) -> None:
    columns = ", ".join(f"{name} = ${n}" for n, name in enumerate(to, 3))
    await pool.execute(
        f"UPDATE consumer_offset SET epoch = epoch + 1, {columns}"  # noqa: S608 - names of this test
        " WHERE topic = $1 AND partition = $2",
        TOPIC,
        partition,
        *to.values(),
    )


async def test_a_lost_position_is_an_alarm_while_others_go_on_until_an_operator_moves_it(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    waiting, other = requests_of_two_partitions()
    lost = partition_of(waiting)
    began_at = topic_log.start_offsets[Partition(TOPIC, lost)]
    await set_position(pool, lost, next_offset=1_000_000_000)
    before = lost_position_count(lost)

    async with run_consumer(lost_position_recheck_s=1.0) as consumer:
        await topic_log.publish(waiting, other)
        await topic_log.at_least(1, TRIAGE_DECISIONS)
        assert await noted(pool) == [other.data.request_id]
        await eventually(lambda: _has_counted(lost, before))
        await eventually(lambda: _is_unready(consumer))

        await set_position(pool, lost, next_offset=began_at)
        await topic_log.at_least(2, TRIAGE_DECISIONS)
        await eventually(lambda: _is_ready(consumer))

    assert await noted(pool) == [other.data.request_id, waiting.data.request_id]


async def _is_ready(consumer: Any) -> bool:
    ready: bool = consumer.ready
    return ready


async def _is_unready(consumer: Any) -> bool:
    return not await _is_ready(consumer)


async def test_a_log_that_grew_past_the_position_anew_is_not_taken_for_the_one_that_was_read(
    run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    read, other = requests_of_two_partitions()
    partition = partition_of(read)
    await topic_log.publish(read)
    async with run_consumer():
        await topic_log.at_least(1, TRIAGE_DECISIONS)
    await pool.execute(
        "UPDATE consumer_offset SET last_timestamp = last_timestamp - 1"
        " WHERE topic = $1 AND partition = $2",
        TOPIC,
        partition,
    )
    before = lost_position_count(partition)
    await topic_log.publish(request_submitted(dedup_group=read.data.dedup_group), other)

    async with run_consumer():
        await topic_log.at_least(2, TRIAGE_DECISIONS)
        await eventually(lambda: _has_counted(partition, before))

    assert await noted(pool) == [read.data.request_id, other.data.request_id]


async def _has_counted(partition: int, before: float) -> bool:
    return lost_position_count(partition) > before


async def test_a_log_whose_read_records_are_gone_by_age_is_read_on(
    stores: Stores, run_consumer: RunConsumer, pool: Pool, topic_log: TopicLog
) -> None:
    first, second = (request_submitted(dedup_group="group-0") for _ in range(2))
    where = Partition(TOPIC, partition_of(first))
    await topic_log.publish(first)
    async with run_consumer():
        await topic_log.at_least(1, TRIAGE_DECISIONS)
    await delete_records(stores, [where])
    await topic_log.publish(second)

    async with run_consumer():
        await topic_log.at_least(2, TRIAGE_DECISIONS)

    assert await noted(pool) == [first.data.request_id, second.data.request_id]


async def delete_records(stores: Stores, partitions: Sequence[Partition]) -> None:
    admin = AIOKafkaAdminClient(**stores.access.aiokafka_options())
    await admin.start()
    try:
        await admin.delete_records({p: RecordsToDelete(before_offset=-1) for p in partitions})
    finally:
        await asyncio.wait_for(admin.close(), 10)
