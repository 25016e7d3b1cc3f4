"""Reading a stretch of the log once, from end to end."""

import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer

from shared.runtime.kafka import BrokerDownError, Partition, Record
from shared.runtime.kafka.connecting import connected

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
    async with connected(make) as consumer:
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
