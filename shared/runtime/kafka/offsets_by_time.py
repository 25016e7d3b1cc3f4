"""Where in the log a moment is."""

from collections.abc import Collection
from datetime import datetime

from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka import Partition
from shared.runtime.kafka.connecting import connected


async def offsets_at(
    bootstrap: str, partitions: Collection[Partition], moment: datetime
) -> dict[Partition, int]:
    """Return the offset of the first record that was written then or later, where there is one.

    The time of a record is its writer's.
    """
    if not partitions:
        return {}
    async with connected(lambda: AIOKafkaConsumer(bootstrap_servers=bootstrap)) as consumer:
        millis = int(moment.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, millis))
        return {p: at.offset for p, at in found.items() if at is not None}
