"""Write to and read from Kafka as an external system would."""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiokafka import AIOKafkaConsumer

from shared.contract.events import Decoder, Event, RequestSubmitted
from shared.contract.topic import Topic
from shared.contract.topics import INTAKE_REQUESTS
from shared.runtime.kafka import KafkaSink, Partition, Record, open_sink
from shared.runtime.kafka.reader import end_offsets, read_range
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from tests.support.waiting import eventually


@dataclass(slots=True, repr=False)
class TopicLog:
    """All topics, from their ends at the beginning of the test.

    One consumer reads all of them, and keeps what it has read.
    """

    access: KafkaAccess
    start_offsets: Mapping[Partition, int]
    _stack: AsyncExitStack
    _sink: KafkaSink | None = None
    _consumer: AIOKafkaConsumer | None = None
    _read: dict[Partition, list[Record]] = field(default_factory=dict)
    _reading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def write(self, topic: Topic, key: str, value: bytes | None, **headers: bytes) -> None:
        """Write one record and wait for the broker."""
        await self.send([Outgoing("", topic.name, key.encode(), value, list(headers.items()))])

    async def publish(self, *events: Event) -> None:
        """Write the events to the topics they are routed to, in order."""
        await self.send([record for e in events for record in Outgoing.for_event(e)])

    async def send(self, records: Sequence[Outgoing]) -> None:
        """Write the records as they are, in order."""
        if self._sink is None:
            self._sink = await self._stack.enter_async_context(open_sink(self.access))
        await self._sink.publish(records)

    async def records(self, topic: str | Topic) -> Sequence[Record]:
        """Return the topic's records since the test began, in order within each key."""
        name = topic.name if isinstance(topic, Topic) else topic
        partitions = [p for p in self.start_offsets if p.topic == name]
        async with self._reading:
            await self._read_to_end(partitions)
        return sorted(
            (record for partition in partitions for record in self._read[partition]),
            key=lambda record: record.timestamp,
        )

    async def _read_to_end(self, partitions: Sequence[Partition]) -> None:
        consumer = await self._consumer_of(partitions)
        ends = await consumer.end_offsets(partitions)
        while behind := [p for p in partitions if await consumer.position(p) < ends[p]]:
            for partition, found in (await consumer.getmany(*behind, timeout_ms=200)).items():
                self._read[partition] += found

    async def _consumer_of(self, partitions: Sequence[Partition]) -> AIOKafkaConsumer:
        """Return the consumer, which has at least these partitions."""
        if self._consumer is None:
            self._consumer = AIOKafkaConsumer(
                **self.access.aiokafka_options(),
                auto_offset_reset="earliest",
                enable_auto_commit=False,
                fetch_max_wait_ms=10,  # the broker answers what is asked next only after it
            )
            self._stack.push_async_callback(self._consumer.stop)
            await self._consumer.start()
        if new := set(partitions) - self._read.keys():
            known = {p: await self._consumer.position(p) for p in self._read}
            self._read |= {partition: [] for partition in new}
            self._consumer.assign(list(self._read))
            for partition in self._read:
                self._consumer.seek(partition, known.get(partition, self.start_offsets[partition]))
        return self._consumer

    async def values(self, topic: str | Topic) -> list[bytes | None]:
        """Return the values of the topic's records since the test began."""
        return [record.value for record in await self.records(topic)]

    async def parked(self, topic: Topic, count: int = 1) -> Sequence[Record]:
        """Wait until so many of the topic's records are dead letters; return them all."""

        async def enough() -> Sequence[Record]:
            found = await self.records(f"{topic.name}-dlq")
            return found if len(found) >= count else []

        return await eventually(enough)

    async def events(self, topic: Topic) -> list[Any]:
        """Return the topic's events since the test began."""
        decoder: Decoder[Any] = Decoder(topic.events)
        return [decoder.decode(record.value) for record in await self.records(topic)]

    async def at_least(self, count: int, topic: Topic, within_s: float = 60) -> list[Any]:
        """Wait until the topic has that many events since the test began; return them all."""

        async def enough() -> list[Any]:
            found = await self.events(topic)
            return found if len(found) >= count else []

        return await eventually(enough, within_s)

    async def request(self, number: str | None) -> RequestSubmitted:
        """Wait for the request with this tracking number."""

        async def found() -> RequestSubmitted | None:
            requests = (
                e for e in await self.events(INTAKE_REQUESTS) if isinstance(e, RequestSubmitted)
            )
            return next((e for e in requests if e.data.tracking_number == number), None)

        request = await eventually(found)
        assert request
        return request


@asynccontextmanager
async def open_topic_log(
    access: KafkaAccess, start_offsets: Mapping[Partition, int]
) -> AsyncGenerator[TopicLog]:
    """Yield a log of the topics from these offsets on; connect when it is used."""
    async with AsyncExitStack() as stack:
        yield TopicLog(access, start_offsets, stack)


async def read_between(access: KafkaAccess, since: Mapping[Partition, int]) -> Sequence[Record]:
    """Return every record from these offsets to the present ends, sorted by timestamp."""
    ends = await end_offsets(access, {partition.topic for partition in since})
    bounds = {p: (offset, ends[p]) for p, offset in since.items()}
    async with aclosing(read_range(access, bounds)) as batches:
        records = [record async for batch in batches for record in batch]
    return sorted(records, key=lambda record: record.timestamp)
