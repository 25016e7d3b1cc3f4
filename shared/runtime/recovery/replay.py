"""Choosing among parked records."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime

from shared.contract.topics import DEAD_LETTERS, all_topics
from shared.runtime.kafka import Partition
from shared.runtime.kafka.range_reader import OffsetRanges, read_range
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import Connection
from shared.runtime.recovery.dead_letters import DeadLetter, parse_dead_letter
from shared.runtime.recovery.replay_log import ReplayLog, enqueue_replay


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which parked records are meant; what is None does not matter.

    Attributes:
        topic: Where they came from, or the dead-letter topic where they are.
        since: They were parked then or later.
    """

    topic: str | None = None
    code: str | None = None
    since: datetime | None = None

    def spans(self, bounds: OffsetRanges) -> OffsetRanges:
        """Return the parts of the log that can hold them."""
        return {
            p: span
            for p, span in bounds.items()
            if p.topic.endswith(DEAD_LETTERS)
            and self.topic in {None, p.topic, p.topic.removesuffix(DEAD_LETTERS)}
        }

    def matches(self, parked: DeadLetter) -> bool:
        """Tell whether this one is meant."""
        return self.code in {None, parked.code} and (self.since is None or parked.at >= self.since)


async def select_records(
    bootstrap: str, spans: OffsetRanges, choice: RecordFilter
) -> AsyncGenerator[DeadLetter, None]:
    """Yield the parked records that are meant, in order within each topic."""
    async with aclosing(read_range(bootstrap, spans)) as handfuls:
        async for records in handfuls:
            for record in records:
                if choice.matches(found := parse_dead_letter(record)):
                    yield found


def owners_by_topic(bureaus: Iterable[str]) -> Mapping[str, str]:
    """Return for each topic with readers the first of them, whose outbox and memory serve it."""
    return {topic.name: topic.readers[0] for topic in all_topics(bureaus) if topic.readers}


def replay_owner(parked: DeadLetter, known: Mapping[str, str]) -> str:
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
    memory: ReplayLog
    homes: Mapping[str, str]
    spans: OffsetRanges
    again: bool
    dry: bool
    sending: Callable[[DeadLetter], None]
    sent: int = 0
    came_back: int = 0
    _batch: list[DeadLetter] = field(default_factory=list)

    async def run(self, records: AsyncIterator[DeadLetter]) -> None:
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

    def _due(self, parked: DeadLetter) -> bool:
        standing = self.memory.status(parked)
        if standing == "came_back" and not self.again:
            self.came_back += 1
        return standing == "waiting" or (self.again and standing == "came_back")

    def _through(self, parked: DeadLetter) -> int:
        topic, partition, _ = parked.place.rsplit("/", 2)
        return self.spans[Partition(topic, int(partition))][1] - 1

    @property
    def _full(self) -> bool:
        size = sum(parked.size for parked in self._batch)
        return len(self._batch) >= _RECORDS_AT_ONCE or size >= _BYTES_AT_ONCE

    async def _flush(self) -> None:
        by_home: dict[str, list[DeadLetter]] = {}
        for record in self._batch:
            by_home.setdefault(replay_owner(record, self.homes), []).append(record)
        if not self.dry:
            for home, batch in by_home.items():
                await enqueue_replay(self.db, home, batch, self.memory.through)
        self.sent += len(self._batch)
        self._batch = []
