"""Choosing among parked records."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from shared.contract.topics import DEAD_LETTERS, all_topics
from shared.runtime.kafka import Partition
from shared.runtime.kafka.range_reader import Spans, between
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import Connection
from shared.runtime.recovery.dead_letters import Parked, parked
from shared.runtime.recovery.replay_log import Memory, send_again


@dataclass(frozen=True, slots=True)
class Choice:
    """Which parked records are meant; what is None does not matter.

    Attributes:
        topic: Where they came from, or the dead-letter topic where they are.
        since: They were parked then or later.
    """

    topic: str | None = None
    code: str | None = None
    since: datetime | None = None

    def spans(self, bounds: Spans) -> Spans:
        """Return the parts of the log that can hold them."""
        return {
            p: span
            for p, span in bounds.items()
            if p.topic.endswith(DEAD_LETTERS)
            and self.topic in {None, p.topic, p.topic.removesuffix(DEAD_LETTERS)}
        }

    def takes(self, parked: Parked) -> bool:
        """Tell whether this one is meant."""
        return self.code in {None, parked.code} and (self.since is None or parked.at >= self.since)


async def chosen(bootstrap: str, spans: Spans, choice: Choice) -> AsyncGenerator[Parked, None]:
    """Yield the parked records that are meant, in order within each topic."""
    async with aclosing(between(bootstrap, spans)) as handfuls:
        async for records in handfuls:
            for record in records:
                if choice.takes(found := parked(record)):
                    yield found


def homes(bureaus: Iterable[str]) -> Mapping[str, str]:
    """Return for each topic with readers the first of them, whose outbox and memory serve it."""
    return {topic.name: topic.readers[0] for topic in all_topics(bureaus) if topic.readers}


def home_of(parked: Parked, known: Mapping[str, str]) -> str:
    """Return the service; of a topic that is no more registered, who parked the record."""
    fallback = parked.service if parked.service in SERVICES else SERVICES[0]
    return known.get(parked.original.topic, fallback)


_RECORDS_AT_ONCE = 200
_BYTES_AT_ONCE = 8 * 1024 * 1024


@dataclass(slots=True)
class Replay:
    """One pass over parked records that sends again each content that is due, once.

    Attributes:
        spans: What lay in the dead-letter topics at the start; a copy beyond it came back.
        again: Whether what came back after an earlier replay is due as well.
        dry: Whether nothing is really sent.
        sending: Is told of each record before it is sent.
    """

    db: Connection
    memory: Memory
    homes: Mapping[str, str]
    spans: Spans
    again: bool
    dry: bool
    sending: Callable[[Parked], None]
    sent: int = 0
    came_back: int = 0
    _batch: list[Parked] = field(default_factory=list)

    async def run(self, records: AsyncIterator[Parked]) -> None:
        """Take them in order; what was sent when it breaks off stays sent and is not sent twice."""
        async for record in records:
            if not self._due(record):
                continue
            self.memory.through[record.content] = self._through(record)
            self.sending(record)
            self._batch.append(record)
            if self._full:
                await self._flush()
        await self._flush()

    def _due(self, parked: Parked) -> bool:
        standing = self.memory.standing(parked)
        if standing == "came_back" and not self.again:
            self.came_back += 1
        return standing == "waiting" or (self.again and standing == "came_back")

    def _through(self, parked: Parked) -> int:
        topic, partition, _ = parked.place.rsplit("/", 2)
        return self.spans[Partition(topic, int(partition))][1] - 1

    @property
    def _full(self) -> bool:
        size = sum(parked.size for parked in self._batch)
        return len(self._batch) >= _RECORDS_AT_ONCE or size >= _BYTES_AT_ONCE

    async def _flush(self) -> None:
        by_home: dict[str, list[Parked]] = {}
        for record in self._batch:
            by_home.setdefault(home_of(record, self.homes), []).append(record)
        if not self.dry:
            for home, batch in by_home.items():
                await send_again(self.db, home, batch, self.memory.through)
        self.sent += len(self._batch)
        self._batch = []
