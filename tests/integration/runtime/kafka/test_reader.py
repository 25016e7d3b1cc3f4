import asyncio
from dataclasses import replace

import pytest
from confluent_kafka import TopicPartition

from shared.contract.topics import TRIAGE_SURGES
from shared.runtime.clock import utc_now
from shared.runtime.kafka import BrokerDownError, Partition
from shared.runtime.kafka.admin import open_admin, result_of
from shared.runtime.kafka.reader import end_offsets, follow, offsets_at, read_range
from shared.runtime.kafka.topics import apply_topics
from shared.runtime.kafka_access import KafkaAccess
from tests.support.stack import Stores
from tests.support.topic_log import TopicLog

pytestmark = pytest.mark.integration


async def read(access: KafkaAccess, bounds: dict[Partition, tuple[int, int]]) -> list[bytes | None]:
    return [r.value async for records in read_range(access, bounds) for r in records]


async def test_a_stretch_is_read_from_its_first_offset_to_before_its_end(
    stores: Stores, topic_log: TopicLog, start_offsets: dict[Partition, int]
) -> None:
    values = [b"%d" % number for number in range(50)]
    for value in values[:40]:
        await topic_log.write(TRIAGE_SURGES, "key", value)
    ends = await end_offsets(stores.access, [TRIAGE_SURGES.name])
    for value in values[40:]:
        await topic_log.write(TRIAGE_SURGES, "key", value)

    bounds = {p: (start_offsets[p], end) for p, end in ends.items()}

    assert await read(stores.access, bounds) == values[:40]


async def test_a_moment_is_looked_up_in_all_topics_without_a_wait_for_each(
    stores: Stores, topic_log: TopicLog, start_offsets: dict[Partition, int]
) -> None:
    now, clock = utc_now(), asyncio.get_running_loop().time
    await topic_log.write(TRIAGE_SURGES, "key", b"a record")
    topics = {partition.topic for partition in start_offsets}

    began = clock()
    found = await offsets_at(stores.access, start_offsets, now)
    took_s = clock() - began

    assert {partition.topic for partition in found} == {TRIAGE_SURGES.name}
    assert took_s < 0.05 * len(topics)


async def test_a_stretch_without_records_ends_at_once(
    stores: Stores, start_offsets: dict[Partition, int]
) -> None:
    bounds = {p: (end, end) for p, end in start_offsets.items()}

    assert await read(stores.access, bounds) == []


async def test_what_the_broker_has_deleted_is_left_out_and_nothing_else(
    stores: Stores, topic_log: TopicLog
) -> None:
    topic = replace(TRIAGE_SURGES, name="reader-test", partitions=1)
    await apply_topics(stores.access, [topic])
    values = [b"%d" % number for number in range(10)]
    for value in values:
        await topic_log.write(topic, "key", value)
    partition = Partition(topic.name, 0)
    async with open_admin(stores.access) as admin:
        [deletion] = admin.client.delete_records([TopicPartition(*partition, 5)]).values()
        await result_of(deletion)

    assert await read(stores.access, {partition: (2, 8)}) == values[5:8]
    async with follow(stores.access, {partition: 2}) as tail:
        assert [record.value for record in await tail.poll(10)] == values[5:]


async def test_what_never_comes_is_not_waited_for_forever(
    stores: Stores, start_offsets: dict[Partition, int]
) -> None:
    beyond = {
        p: (end, end + 1) for p, end in start_offsets.items() if p.topic == TRIAGE_SURGES.name
    }

    with pytest.raises(BrokerDownError, match="nothing came"):
        await anext(read_range(stores.access, beyond, progress_within_s=0.5))
