"""Reading a stretch of the log once, from end to end."""

from collections.abc import AsyncGenerator, Mapping, Sequence

from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka import Partition, Record
from shared.runtime.kafka.connecting import connected

_FETCH_BYTES = 8 * 1024 * 1024
_PARTITION_FETCH_BYTES = 512 * 1024


async def between(
    bootstrap: str, bounds: Mapping[Partition, tuple[int, int]]
) -> AsyncGenerator[Sequence[Record]]:
    """Yield every record of the partitions from their first offsets to before their ends.

    The records come in handfuls, in the order of each partition, and no more of them are held
    than a few fetches bring.
    """

    def make() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            bootstrap_servers=bootstrap,
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            fetch_max_bytes=_FETCH_BYTES,
            max_partition_fetch_bytes=_PARTITION_FETCH_BYTES,
        )

    ends = {p: end for p, (first, end) in bounds.items() if first < end}
    if not ends:
        return
    async with connected(make) as consumer:
        consumer.assign(list(ends))
        for partition in ends:
            consumer.seek(partition, bounds[partition][0])
        while ends:
            for partition, found in (await consumer.getmany(timeout_ms=200)).items():
                yield [record for record in found if record.offset < ends.get(partition, 0)]
            for partition in list(ends):
                if await consumer.position(partition) >= ends[partition]:
                    consumer.pause(partition)
                    del ends[partition]
