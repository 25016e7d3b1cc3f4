"""Write to and read from Kafka as an external system would."""

from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from shared.contract.events import Decoder, Event
from shared.contract.topic import Topic
from shared.runtime.kafka import KafkaSink, Partition, Record
from shared.runtime.kafka.reader import end_offsets, read_range
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outgoing import Outgoing
from tests.support.waiting import eventually


@dataclass(frozen=True, slots=True)
class TopicLog:
    """All topics, from their ends at the beginning of the test."""

    access: KafkaAccess
    sink: KafkaSink
    start_offsets: dict[Partition, int]

    async def write(self, topic: Topic, key: str, value: bytes | None, **headers: bytes) -> None:
        """Write one record and wait for the broker."""
        outgoing = Outgoing("", topic.name, key.encode(), value, list(headers.items()))
        await self.sink.publish([outgoing])

    async def publish(self, *events: Event) -> None:
        """Write the events to the topics they are routed to, in order."""
        await self.sink.publish([record for e in events for record in Outgoing.for_event(e)])

    async def records(self, topic: str | Topic) -> Sequence[Record]:
        """Return the topic's records since the test began, in order within each key."""
        name = topic.name if isinstance(topic, Topic) else topic
        since = {p: offset for p, offset in self.start_offsets.items() if p.topic == name}
        return await read_between(self.access, since)

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


async def read_between(access: KafkaAccess, since: Mapping[Partition, int]) -> Sequence[Record]:
    """Return every record from these offsets to the present ends, sorted by timestamp."""
    ends = await end_offsets(access, {partition.topic for partition in since})
    bounds = {p: (offset, ends[p]) for p, offset in since.items()}
    async with aclosing(read_range(access, bounds)) as batches:
        records = [record async for batch in batches for record in batch]
    return sorted(records, key=lambda record: record.timestamp)
