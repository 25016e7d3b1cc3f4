"""Readers outside any consumer group; they raise BrokerDownError when the broker fails."""

import time
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import datetime
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from shared.runtime.kafka.clients import connect
from shared.runtime.kafka.records import BrokerDownError, Partition, Record
from shared.runtime.kafka_access import KafkaAccess

# For each partition its first offset (inclusive) and its end (exclusive).
OffsetRanges: TypeAlias = Mapping[Partition, tuple[int, int]]

_PROGRESS_WITHIN_S = 15.0
_FETCH_BYTES = 8 * 1024 * 1024
_PARTITION_FETCH_BYTES = 512 * 1024


@asynccontextmanager
async def _connected(access: KafkaAccess, **limits: int) -> AsyncGenerator[AIOKafkaConsumer]:
    """Yield a consumer without a group; deleted positions continue at the oldest record."""

    def make() -> AIOKafkaConsumer:
        return AIOKafkaConsumer(
            **access.aiokafka_options(),
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            fetch_max_wait_ms=100,
            **limits,
        )

    try:
        async with connect(make) as consumer:
            yield consumer
    except KafkaError as error:
        raise BrokerDownError(type(error).__name__) from error


async def end_offsets(access: KafkaAccess, topics: Collection[str]) -> dict[Partition, int]:
    """Return the offset of the next record for each partition of these topics."""
    async with _connected(access) as consumer:
        ends: dict[Partition, int] = await consumer.end_offsets(await _partitions(consumer, topics))
        return ends


async def offset_bounds(
    access: KafkaAccess, topics: Collection[str] = ()
) -> dict[Partition, tuple[int, int]]:
    """Return the first offset and the end of each partition of these topics; of all by default."""
    async with _connected(access) as consumer:
        partitions = await _partitions(consumer, topics or await consumer.topics())
        first = await consumer.beginning_offsets(partitions)
        ends = await consumer.end_offsets(partitions)
        return {p: (first[p], ends[p]) for p in partitions}


async def _partitions(consumer: AIOKafkaConsumer, topics: Collection[str]) -> list[Partition]:
    await consumer._client.force_metadata_update()  # noqa: SLF001 - topics may be new
    return [
        Partition(topic, number)
        for topic in topics
        for number in consumer.partitions_for_topic(topic) or ()
    ]


async def offsets_at(
    access: KafkaAccess, partitions: Collection[Partition], moment: datetime
) -> dict[Partition, int]:
    """Return the first offset at or after the moment, by the writers' clocks, where one exists."""
    if not partitions:
        return {}
    async with _connected(access) as consumer:
        # else each unknown topic costs a failed attempt and its backoff of 0.1 s
        await consumer._client.force_metadata_update()  # noqa: SLF001 - there is no public way
        millis = int(moment.timestamp() * 1000)
        found = await consumer.offsets_for_times(dict.fromkeys(partitions, millis))
        return {p: at.offset for p, at in found.items() if at is not None}


async def read_range(
    access: KafkaAccess, ranges: OffsetRanges, *, progress_within_s: float = _PROGRESS_WITHIN_S
) -> AsyncGenerator[Sequence[Record]]:
    """Yield every record inside the ranges, in batches, in order within each partition.

    Only a few fetches are in memory at a time. Records that the broker deletes meanwhile are
    skipped.

    Args:
        progress_within_s: Seconds without a new record after which reading fails.

    Raises:
        BrokerDownError: No new record arrived in time, though the ranges are not complete.
    """
    wanted = {p: range(*bounds) for p, bounds in ranges.items() if range(*bounds)}
    if not wanted:
        return
    limits = {
        "fetch_max_bytes": _FETCH_BYTES,
        "max_partition_fetch_bytes": _PARTITION_FETCH_BYTES,
    }
    async with _connected(access, **limits) as consumer:
        consumer.assign(list(wanted))
        for partition, offsets in wanted.items():
            consumer.seek(partition, offsets.start)
        async with aclosing(_read(consumer, wanted, progress_within_s)) as batches:
            async for records in batches:
                yield records


async def read_records(access: KafkaAccess, ranges: OffsetRanges) -> AsyncGenerator[Record]:
    """Yield every record inside the ranges one by one, as ``read_range`` does in batches."""
    async with aclosing(read_range(access, ranges)) as batches:
        async for records in batches:
            for record in records:
                yield record


async def _read(
    consumer: AIOKafkaConsumer, wanted: Mapping[Partition, range], progress_within_s: float
) -> AsyncGenerator[Sequence[Record]]:
    unfinished = set(wanted)
    progress_at = time.monotonic()
    while unfinished:
        for partition, found in (await consumer.getmany(timeout_ms=200)).items():
            yield [record for record in found if record.offset in wanted[partition]]
            progress_at = time.monotonic()
        for partition in list(unfinished):
            if await consumer.position(partition) >= wanted[partition].stop:
                consumer.pause(partition)
                unfinished.remove(partition)
        if unfinished and time.monotonic() - progress_at > progress_within_s:
            raise BrokerDownError(f"nothing came within {progress_within_s:.0f} s")


class Tail:
    """New records of some partitions, from given offsets on."""

    def __init__(self, consumer: AIOKafkaConsumer) -> None:
        self._consumer = consumer

    async def poll(self, within_s: float, limit: int | None = None) -> Sequence[Record]:
        """Return up to ``limit`` records, waiting for the first one; none if none comes in time."""
        found = await self._consumer.getmany(timeout_ms=int(within_s * 1000), max_records=limit)
        return [record for records in found.values() for record in records]

    async def waiting(self) -> int:
        """Return the known number of unread records."""
        partitions = self._consumer.assignment()
        ends = [self._consumer.highwater(partition) or 0 for partition in partitions]
        read = [await self._consumer.position(partition) for partition in partitions]
        return sum(max(0, end - position) for end, position in zip(ends, read, strict=True))

    async def skip_to_newest(self, count: int) -> Mapping[Partition, range]:
        """Skip to the last ``count`` records of each partition; return the skipped offsets."""
        ends = await self._consumer.end_offsets(self._consumer.assignment())
        left_out: dict[Partition, range] = {}
        for partition, end in ends.items():
            position = await self._consumer.position(partition)
            left_out[partition] = range(position, max(position, end - count))
            self._consumer.seek(partition, left_out[partition].stop)
        return left_out

    async def go_back(self, offsets: Mapping[Partition, int]) -> None:
        """Seek back to these offsets where it has passed them."""
        for partition, offset in offsets.items():
            if await self._consumer.position(partition) > offset:
                self._consumer.seek(partition, offset)


@asynccontextmanager
async def follow(access: KafkaAccess, since: Mapping[Partition, int]) -> AsyncGenerator[Tail]:
    """Follow the partitions from these offsets, or from the oldest record that is left."""
    async with _connected(access) as consumer:
        consumer.assign(list(since))
        for partition, offset in since.items():
            consumer.seek(partition, offset)
        yield Tail(consumer)
