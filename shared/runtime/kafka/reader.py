"""Reading topics outside any group."""

import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka import BrokerDownError, Partition, Record
from shared.runtime.kafka.admin import AdminClient
from shared.runtime.kafka.clients import connect
from shared.runtime.kafka.records import Partition, Record


async def end_offsets(bootstrap: str, topics: Collection[str]) -> dict[Partition, int]:
    """Return for each partition of these topics the offset that the next record will get."""
    async with connect(lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
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
    async with connect(lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
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
    async with connect(lambda: AdminClient(bootstrap)) as admin:
        offsets = await admin.list_consumer_group_offsets(group)
        return {Partition(tp.topic, tp.partition): at.offset for tp, at in offsets.items()}


class Tail:
    """Everything that comes to some partitions from given offsets on, outside any group."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def poll(self, within_s: float) -> Sequence[Record]:
        """Return what has come, or nothing when nothing came in time."""
        found = await self._consumer.getmany(timeout_ms=int(within_s * 1000))
        return [record for records in found.values() for record in records]


@asynccontextmanager
async def follow(bootstrap: str, since: Mapping[Partition, int]) -> AsyncGenerator[Tail]:
    """Follow the partitions from these offsets."""

    def make() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=bootstrap, enable_auto_commit=False, fetch_max_wait_ms=100
        )

    async with connect(make) as consumer:
        consumer.assign(list(since))
        for partition, offset in since.items():
            consumer.seek(partition, offset)
        yield Tail(consumer)


OffsetRanges: TypeAlias = Mapping[Partition, tuple[int, int]]
"""For each partition its first offset, and the one after its last."""

_PATIENCE_S = 15.0
_FETCH_BYTES = 8 * 1024 * 1024
_PARTITION_FETCH_BYTES = 512 * 1024


async def read_range(
    bootstrap: str, spans: OffsetRanges, *, patience_s: float = _PATIENCE_S
) -> AsyncGenerator[Sequence[Record]]:
    """Yield every record inside the spans.

    The records come in handfuls, in the order of each partition, and no more of them are held
    than a few fetches bring.

    Raises:
        BrokerDownError: Nothing more came in time, though more was there at the start.
    """

    def make() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
        )

    ends = {p: end for p, (first, end) in spans.items() if first < end}
    if not ends:
        return
    async with connect(make) as consumer:
        consumer.assign(list(ends))
        for partition in ends:
            consumer.seek(partition, spans[partition][0])
        async with aclosing(_until(consumer, ends, patience_s)) as handfuls:
            async for records in handfuls:
                yield records


async def _until(
    consumer: AIOKafkaConsumer, ends: dict[Partition, int], patience_s: float
) -> AsyncGenerator[Sequence[Record]]:
    came_at = time.monotonic()
    while ends:
        for partition, found in (await consumer.getmany(timeout_ms=200)).items():
            yield [record for record in found if record.offset < ends.get(partition, 0)]
            came_at = time.monotonic()
        for partition in list(ends):
            if await consumer.position(partition) >= ends[partition]:
                consumer.pause(partition)
                del ends[partition]
        if ends and time.monotonic() - came_at > patience_s:
            raise BrokerDownError(f"nothing came within {patience_s:.0f} s")


async def offsets_at(
    bootstrap: str, partitions: Collection[Partition], moment: datetime
) -> dict[Partition, int]:
    """Return the offset of the first record that was written then or later, where there is one.

    The time of a record is its writer's.
    """
    if not partitions:
        return {}
    async with connect(lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
        millis = int(moment.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, millis))
        return {p: at.offset for p, at in found.items() if at is not None}
