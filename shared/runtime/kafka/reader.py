"""Reading a stretch of a topic once, outside any group."""

from collections.abc import Collection, Mapping, Sequence

from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka.connecting import connected
from shared.runtime.kafka.source import Partition, Record


async def ends_of(bootstrap: str, topics: Collection[str]) -> dict[Partition, int]:
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


async def read_between(bootstrap: str, since: Mapping[Partition, int]) -> Sequence[Record]:
    """Return every record from these offsets to the present ends, sorted by time of arrival."""
    async with connected(
        lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap, enable_auto_commit=False)
    ) as consumer:
        consumer.assign(list(since))
        ends = await consumer.end_offsets(list(since))
        for partition, offset in since.items():
            consumer.seek(partition, offset)
        open_ends = {p for p, end in ends.items() if end > since[p]}
        records: list[Record] = []
        while open_ends:
            for partition, found in (await consumer.getmany(timeout_ms=200)).items():
                records += [record for record in found if record.offset < ends[partition]]
            positions = {p: await consumer.position(p) for p in open_ends}
            open_ends = {p for p in open_ends if positions[p] < ends[p]}
        return sorted(records, key=lambda record: record.timestamp)
