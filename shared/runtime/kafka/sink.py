"""Writing to Kafka."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.partitioner import DefaultPartitioner

from shared.contract.topics import MAX_RECORD_BYTES
from shared.runtime.kafka.clients import Producer, connect
from shared.runtime.kafka.errors import BrokerDownError
from shared.runtime.outbox.records import Outgoing

_BATCH_BYTES = 512 * 1024
_REMEMBERED_KEYS = 8192
_ACKNOWLEDGED_WITHIN_S = 10.0
_REQUEST_BYTES = MAX_RECORD_BYTES + 1024 * 1024  # a parked record grows by its headers


@lru_cache(maxsize=_REMEMBERED_KEYS)
def partition_for(key: bytes, count: int) -> int:
    """Return the partition of a key among ``count``, as every Kafka client finds it."""
    partitions = list(range(count))
    partition: int = DefaultPartitioner()(key, partitions, partitions)
    return partition


class Sink:
    """Where records go; an idempotent producer with ``acks=all``."""

    def __init__(self, producer: AIOKafkaProducer) -> None:
        self._producer = producer

    async def publish(self, records: Sequence[Outgoing]) -> None:
        """Write the records; return when every in-sync replica has them all.

        The order given holds within each partition: the next batch of a partition is sent only
        after the one before it was acknowledged, so no failure can let a later record overtake.

        Raises:
            BrokerDownError: Some records may not have arrived; publish the same ones again, by
                another sink: this one may be fenced, or still try to send them.
        """
        try:
            by_partition = await self._by_partition(records)
            outcomes = await asyncio.gather(
                *(self._publish(*where, group) for where, group in by_partition.items()),
                return_exceptions=True,
            )
        except (KafkaError, TimeoutError) as error:
            raise BrokerDownError(type(error).__name__) from error
        for outcome in outcomes:
            if isinstance(outcome, KafkaError | TimeoutError):
                raise BrokerDownError(type(outcome).__name__) from outcome
            if isinstance(outcome, BaseException):
                raise outcome

    async def _by_partition(
        self, records: Sequence[Outgoing]
    ) -> dict[tuple[str, int], list[Outgoing]]:
        partitions = {
            topic: await asyncio.wait_for(
                self._producer.partitions_for(topic), _ACKNOWLEDGED_WITHIN_S
            )
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
                fits = batch.append(
                    timestamp=None,
                    key=record.key,
                    value=record.value,
                    headers=list(record.headers),
                )
                if fits is None:
                    break
                remaining.pop()
            async with asyncio.timeout(_ACKNOWLEDGED_WITHIN_S):
                acknowledged = await self._producer.send_batch(batch, topic, partition=partition)
                await acknowledged


@asynccontextmanager
async def open_sink(bootstrap: str, stopping: asyncio.Event | None = None) -> AsyncGenerator[Sink]:
    """Open a producer, waiting for the broker for as long as it takes.

    Raises:
        StoppedError: The process was asked to stop before the broker was there.
    """

    def make() -> AIOKafkaProducer:
        return Producer(  # type: ignore[no-untyped-call]
            bootstrap_servers=bootstrap,
            acks="all",
            enable_idempotence=True,
            max_batch_size=_BATCH_BYTES,
            max_request_size=_REQUEST_BYTES,
            request_timeout_ms=int(_ACKNOWLEDGED_WITHIN_S * 1000),
        )

    async with connect(make, stopping) as producer:
        yield Sink(producer)
