"""The Kafka producer: ordered, idempotent, acknowledged by all in-sync replicas."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from struct import unpack_from

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from shared.contract.topic import MAX_RECORD_BYTES
from shared.runtime.kafka.clients import Producer, connect
from shared.runtime.kafka.records import BrokerDownError
from shared.runtime.kafka.tracing import sending
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing

_CACHED_KEYS = 8192
_MASK = 0xFFFFFFFF
_MULTIPLIER = 0x5BD1E995
_SEED = 0x9747B28C


@lru_cache(maxsize=_CACHED_KEYS)
def partition_for(key: bytes, count: int) -> int:
    """Return the partition of a key among ``count``."""
    return (murmur2(key) & 0x7FFFFFFF) % count


def murmur2(data: bytes) -> int:
    """Return the hash of Kafka's default partitioner, from 0 to 2**32 - 1.

    It reads words of four bytes at once: aiokafka's, byte by byte, takes twice as long. MurmurHash2
    by A. Appleby, https://github.com/aappleby/smhasher; seed as in Apache Kafka,
    ``org.apache.kafka.common.utils.Utils.murmur2``.
    """
    size = len(data)
    hashed = _SEED ^ size
    for word in unpack_from(f"<{size >> 2}I", data):
        mixed = word * _MULTIPLIER & _MASK
        hashed = hashed * _MULTIPLIER & _MASK ^ (mixed ^ mixed >> 24) * _MULTIPLIER & _MASK
    if size & 3:
        rest = int.from_bytes(data[size & ~3 :], "little")
        hashed = (hashed ^ rest) * _MULTIPLIER & _MASK
    hashed = (hashed ^ hashed >> 13) * _MULTIPLIER & _MASK
    return hashed ^ hashed >> 15


_BATCH_BYTES = 512 * 1024
_ACK_TIMEOUT_S = 10.0
_REQUEST_BYTES = MAX_RECORD_BYTES + 1024 * 1024  # a dead letter is larger by its headers


class KafkaSink:
    """An idempotent producer with ``acks=all``."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Write the records; return when every in-sync replica has them all.

        Order is kept within each partition: the next batch of a partition is sent only after the
        previous one was acknowledged, so a failure cannot let a later record overtake.

        Raises:
            BrokerDownError: Some records may not have been written; publish the same ones again
                through another sink: this one may be fenced, or still try to send them.
        """
        try:
            with sending(records):
                outcomes = await self._publish_all(records)
        except (KafkaError, TimeoutError) as error:
            raise BrokerDownError(type(error).__name__) from error
        for outcome in outcomes:
            if isinstance(outcome, KafkaError | TimeoutError):
                raise BrokerDownError(type(outcome).__name__) from outcome
            if isinstance(outcome, BaseException):
                raise outcome

    async def _publish_all(self, records: Sequence[Outgoing]) -> Sequence[BaseException | None]:
        """Write the records; return the failure of each partition, or None."""
        by_partition = await self._group_by_partition(records)
        return await asyncio.gather(
            *(
                self._publish(topic, partition, group)
                for (topic, partition), group in by_partition.items()
            ),
            return_exceptions=True,
        )

    async def _group_by_partition(
        self, records: Sequence[Outgoing]
    ) -> dict[tuple[str, int], list[Outgoing]]:
        async with asyncio.timeout(_ACK_TIMEOUT_S):
            partitions = {
                topic: await self._producer.partitions_for(topic)
                for topic in {record.topic for record in records}
            }
        groups: defaultdict[tuple[str, int], list[Outgoing]] = defaultdict(list)
        for record in records:
            partition = partition_for(record.key, len(partitions[record.topic]))
            groups[record.topic, partition].append(record)
        return groups

    async def _publish(self, topic: str, partition: int, records: Sequence[Outgoing]) -> None:
        remaining = list(reversed(records))
        while remaining:
            batch = self._producer.create_batch()
            while remaining:
                record = remaining[-1]
                appended = batch.append(
                    timestamp=None,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                )
                if appended is None:  # the batch is full
                    break
                remaining.pop()
            async with asyncio.timeout(_ACK_TIMEOUT_S):
                acknowledged = await self._producer.send_batch(batch, topic, partition=partition)
                await acknowledged


@asynccontextmanager
async def open_sink(
    access: KafkaAccess, stopping: asyncio.Event | None = None
) -> AsyncGenerator[KafkaSink]:
    """Open a producer, after waiting for the broker without a limit; StoppedError on a stop."""

    def make() -> AIOKafkaProducer:
        return Producer(  # type: ignore[no-untyped-call] # aiokafka has no types
            **access.aiokafka_options(),
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            request_timeout_ms=int(_ACK_TIMEOUT_S * 1000),
        )

    async with connect(make, stopping) as producer:
        yield KafkaSink(producer)
