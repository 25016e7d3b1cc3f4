"""Sending parked records again."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field

from shared.runtime.kafka import Partition
from shared.runtime.kafka.stretch import Spans
from shared.runtime.postgres import Connection
from shared.runtime.recovery.homes import home_of
from shared.runtime.recovery.memory import Memory, send_again
from shared.runtime.recovery.parked import Parked

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
        async for parked in records:
            if not self._due(parked):
                continue
            self.memory.through[parked.content] = self._through(parked)
            self.sending(parked)
            self._batch.append(parked)
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
        for parked in self._batch:
            by_home.setdefault(home_of(parked, self.homes), []).append(parked)
        if not self.dry:
            for home, batch in by_home.items():
                await send_again(self.db, home, batch, self.memory.through)
        self.sent += len(self._batch)
        self._batch = []
