"""The loop that takes batches from Kafka and gives them to a service's handler."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeAlias, TypeVar

import structlog

from shared.errors import FencedError, SystemicError
from shared.events import Decoder, Event
from shared.runtime import inbox, metrics
from shared.runtime.kafka import Partition, Record, Source, open_source
from shared.runtime.messages import Message, Unfit, dead_letter, partition_of, read
from shared.runtime.offsets import Position, advance, take_over
from shared.runtime.outbox import enqueue
from shared.runtime.postgres import Connection, Pool, transaction
from shared.runtime.records import Outgoing
from shared.runtime.settling import Item, Pauses, settle
from shared.runtime.tracing import processing
from shared.topics import Topic

log = structlog.get_logger()

E = TypeVar("E", bound=Event)
Handler: TypeAlias = Callable[
    [Sequence[Message[E]], Connection], Awaitable[Sequence[Event | Outgoing]]
]


def _nothing() -> None: ...


@dataclass(slots=True)
class Consumer(Generic[E]):
    """Feeds one handler with batches; each batch is one transaction.

    The transaction holds the fence on the partitions, the inbox, what the handler changes, and
    the outbox with what follows. So a crash repeats the whole batch or nothing of it.

    Attributes:
        name: The consumer group; also what logs and metrics call it.
        handle: Gets the fresh messages in order and returns what follows from them.
        express: Topics that are read before the others.
        drops_repeats: Whether an event seen before is left out; without it the handler gets every
            repeat and must know it itself.
        committed: Called after each commit, to wake the relay.
    """

    service: str
    name: str
    topics: Sequence[Topic]
    bootstrap: str
    pool: Pool
    handle: Handler[E]
    express: frozenset[str] = frozenset()
    drops_repeats: bool = True
    batch_size: int = 500
    committed: Callable[[], None] = _nothing
    ready: bool = field(default=False, init=False)
    _positions: dict[Partition, Position] = field(default_factory=dict, init=False)

    async def run(self, stopping: asyncio.Event) -> None:
        """Consume until asked to stop, then finish the batch under way.

        An error nobody foresaw ends it with nothing half done.
        """
        while not stopping.is_set():
            try:
                async with open_source(
                    self.topics, group=self.name, bootstrap=self.bootstrap, express=self.express
                ) as source:
                    await self._consume(source, stopping)
            except FencedError:
                metrics.FENCED.inc()
                log.warning("fenced", consumer=self.name)
            finally:
                self.ready = False

    async def _consume(self, source: Source, stopping: asyncio.Event) -> None:
        decoders = {topic.name: Decoder[Any](topic.events) for topic in self.topics}
        try:
            while not stopping.is_set():
                if (owned := source.newly_owned()) is not None:
                    await self._take_over(source, owned)
                records = await source.poll(self.batch_size, within_s=0.5)
                fresh = [record for record in records if self._comes_next(record)]
                if fresh:
                    await self._settle([read(r, decoders[r.topic]) for r in fresh])
                await source.show_progress(self._next_offsets)
                metrics.LAG.labels(self.name).set(source.lag(self._next_offsets))
        finally:
            await source.show_progress(self._next_offsets, now=True)

    async def _take_over(self, source: Source, owned: frozenset[Partition]) -> None:
        pauses = Pauses().systemic()
        while True:
            try:
                async with transaction(self.pool) as db:
                    self._positions = await take_over(db, owned)
                break
            except SystemicError as error:
                log.warning("database_awaited", code=error.code, reason=str(error))
                await asyncio.sleep(next(pauses))
        await source.begin(self._next_offsets)
        metrics.ASSIGNMENTS.inc()
        self.ready = True
        log.info("partitions_taken_over", consumer=self.name, partitions=len(owned))

    @property
    def _next_offsets(self) -> dict[Partition, int | None]:
        return {partition: position.next_offset for partition, position in self._positions.items()}

    def _comes_next(self, record: Record) -> bool:
        position = self._positions.get(partition_of(record))
        return position is not None and record.offset >= (position.next_offset or 0)

    async def _settle(self, batch: Sequence[Item[E]]) -> None:
        began = time.perf_counter()
        with processing(batch) as traced:
            await settle(traced, self._commit)
        metrics.BATCH_SECONDS.labels(self.name).observe(time.perf_counter() - began)
        metrics.BATCH_MESSAGES.labels(self.name).observe(len(batch))

    async def _commit(self, items: Sequence[Item[E]]) -> None:
        messages = [item for item in items if isinstance(item, Message)]
        unfit = [item for item in items if isinstance(item, Unfit)]
        ends = _ends(items)
        async with transaction(self.pool) as db:
            await advance(db, self._positions, ends)
            fresh = await self._fresh(db, messages)
            caused = await self.handle(fresh, db) if fresh else []
            await enqueue(db, [*caused, *(dead_letter(item, self.service) for item in unfit)])
        for partition, end in ends.items():
            self._positions[partition] = Position(self._positions[partition].epoch, end)
        self.committed()
        _count(items, fresh)

    async def _fresh(self, db: Connection, messages: Sequence[Message[E]]) -> Sequence[Message[E]]:
        if not (self.drops_repeats and messages):
            return messages
        first_of = {message.identity: message for message in reversed(messages)}
        new = await inbox.claim(db, first_of.keys())
        return [m for m in messages if m.identity in new and first_of[m.identity] is m]


def _ends(items: Sequence[Item[E]]) -> dict[Partition, int]:
    ends: dict[Partition, int] = {}
    for item in items:
        partition = partition_of(item.record)
        ends[partition] = max(ends.get(partition, 0), item.record.offset + 1)
    return ends


def _count(items: Sequence[Item[E]], fresh: Sequence[Message[E]]) -> None:
    handled = {id(message) for message in fresh}
    for item in items:
        outcome = (
            "parked"
            if isinstance(item, Unfit)
            else "handled"
            if id(item) in handled
            else "repeated"
        )
        metrics.MESSAGES.labels(item.record.topic, outcome).inc()
