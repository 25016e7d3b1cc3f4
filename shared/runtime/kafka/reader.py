"""Reading topics outside any group."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka.admin import Admin
from shared.runtime.kafka.connecting import connected
from shared.runtime.kafka.records import Partition, Record


async def end_offsets(bootstrap: str, topics: Collection[str]) -> dict[Partition, int]:
    """Return for each partition of these topics the offset that the next record will get."""
    async with connected(lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
        await consumer._client.force_metadata_update()  # noqa: SLF001 - topics may be new
        partitions = [
            Partition(topic, number)
            for topic in topics
            for number in consumer.partitions_for_topic(topic) or ()
        ]
        ends: dict[Partition, int] = await consumer.end_offsets(partitions)
        return ends


async def offset_bounds(bootstrap: str) -> dict[Partition, tuple[int, int]]:
    """Return for each partition of every topic its first offset, and the one that comes next."""
    async with connected(lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
        await consumer._client.force_metadata_update()  # noqa: SLF001 - of every topic there is
        partitions = [
            Partition(topic, number)
            for topic in await consumer.topics()
            for number in consumer.partitions_for_topic(topic) or ()
        ]
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        return {p: (first[p], ends[p]) for p in partitions}


async def committed_offsets(bootstrap: str, group: str) -> dict[Partition, int]:
    """Return the offset at which a group goes on, for each partition that it ever finished with."""
    async with connected(lambda: Admin(bootstrap)) as admin:
        offsets = await admin.list_consumer_group_offsets(group)
        return {Partition(tp.topic, tp.partition): at.offset for tp, at in offsets.items()}


class Tail:
    """Everything that comes to some partitions from given offsets on, outside any group."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def more(self, within_s: float) -> Sequence[Record]:
        """Return what has come, or nothing when nothing came in time."""
        found = await self._consumer.getmany(timeout_ms=int(within_s * 1000))
        return [record for records in found.values() for record in records]


@asynccontextmanager
async def tailing(bootstrap: str, since: Mapping[Partition, int]) -> AsyncGenerator[Tail]:
    """Follow the partitions from these offsets."""

    def make() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=100
        )

    async with connected(make) as consumer:
        consumer.assign(list(since))
        for partition, offset in since.items():
            consumer.seek(partition, offset)
        yield Tail(consumer)
