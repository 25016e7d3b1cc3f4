"""What one transaction does with some records."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeAlias, TypeVar

from shared.contract.events import Event
from shared.runtime.consumer import deferring, inbox
from shared.runtime.consumer.deferring import DeferredKeys, DeferredRecord, record_key
from shared.runtime.consumer.dlq_limit import DlqLimitTracker
from shared.runtime.consumer.messages import (
    Deferred,
    InvalidRecord,
    Message,
    record_partition,
    to_dead_letter,
)
from shared.runtime.consumer.offsets import Position, advance, claim, lock
from shared.runtime.consumer.retry import Item
from shared.runtime.kafka import Partition, Record
from shared.runtime.ops import metrics
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outbox.records import Outgoing
from shared.runtime.postgres import Connection, Pool, transaction

E = TypeVar("E", bound=Event)
Handler: TypeAlias = Callable[
    [Sequence[Message[E]], Connection], Awaitable[Sequence[Event | Outgoing]]
]


@dataclass(slots=True)
class BatchProcessor(Generic[E]):
    """Handles records and moves past them, both or neither.

    A transaction holds the fence on the partitions, the inbox, what the handler changes, what is
    set aside, and the outbox with what follows. So a crash repeats the whole batch or nothing.

    Attributes:
        positions: What comes next in each partition that is owned.
        aside: The keys that wait for a record which is tried again later.
    """

    service: str
    pool: Pool
    handle: Handler[E]
    deduplicates: bool
    dlq_limit: DlqLimitTracker
    positions: dict[Partition, Position] = field(default_factory=dict, init=False)
    deferred_keys: DeferredKeys = field(default_factory=DeferredKeys, init=False)

    async def claim(self, owned: Collection[Partition]) -> None:
        """Claim the partitions and learn where they stand."""
        async with transaction(self.pool) as db:
            self.positions = await claim(db, owned)
            await self.deferred_keys.load(db, owned)

    def is_pending(self, record: Record) -> bool:
        """Return whether the record is owned and not yet done."""
        position = self.positions.get(record_partition(record))
        return position is not None and record.offset >= (position.next_offset or 0)

    async def commit(self, items: Sequence[Item[E]]) -> None:
        """Handle the items in one transaction and move past them.

        Raises:
            FencedError: Another member owns a partition of the batch.
            TooManyDeadLettersError: So much would be parked that a person must look first.
        """
        items = [Deferred(i.record) if self.deferred_keys.has(i.record) else i for i in items]
        unfit = [item for item in items if isinstance(item, InvalidRecord)]
        deferred = [item for item in items if isinstance(item, Deferred)]
        to = self._after(items)
        self.dlq_limit.check(unfit, to, len(items))
        async with transaction(self.pool) as db:
            await advance(db, self.positions, to)
            fresh = await self._handle(db, items)
            if deferred:
                await deferring.insert(db, deferred)
        self.positions.update(to)
        self.dlq_limit.record_batch(unfit, len(items))
        self.deferred_keys.add(deferred)
        _count(items, fresh)

    async def commit_deferred(self, kept: DeferredRecord, items: Sequence[Item[E]]) -> None:
        """Handle, park or postpone one record that was set aside; the position does not move.

        Raises:
            FencedError: Another member owns its partition.
        """
        [item] = items
        if isinstance(item, Deferred) and item.error and kept.is_exhausted:
            item = InvalidRecord(item.record, item.error)
        key = record_key(kept.record)
        async with transaction(self.pool) as db:
            await lock(db, key.partition, self.positions[key.partition])
            if isinstance(item, Deferred):
                await deferring.postpone(db, kept, item.error.code if item.error else "behind")
                self.deferred_keys.postpone(key, kept.attempts)
                return
            fresh = await self._handle(db, [item])
            await deferring.delete(db, kept)
        self.deferred_keys.remove_first(key)
        _count([item], fresh)

    async def _handle(self, db: Connection, items: Sequence[Item[E]]) -> Sequence[Message[E]]:
        fresh = await self._fresh(db, [item for item in items if isinstance(item, Message)])
        caused = await self.handle(fresh, db) if fresh else []
        parked = [
            to_dead_letter(item, self.service) for item in items if isinstance(item, InvalidRecord)
        ]
        await enqueue(db, [*caused, *parked])
        return fresh

    async def _fresh(self, db: Connection, messages: Sequence[Message[E]]) -> Sequence[Message[E]]:
        if not (self.deduplicates and messages):
            return messages
        first_of = {message.identity: message for message in reversed(messages)}
        new = await inbox.insert_new(db, first_of.keys())
        return [m for m in messages if m.identity in new and first_of[m.identity] is m]

    def _after(self, items: Sequence[Item[E]]) -> Mapping[Partition, Position]:
        last: dict[Partition, Record] = {}
        in_a_row: dict[Partition, int] = {}
        for item in items:
            partition = record_partition(item.record)
            last[partition] = item.record
            if isinstance(item, Message):
                in_a_row[partition] = 0
            elif isinstance(item, InvalidRecord) and self.dlq_limit.is_counted(item):
                before = in_a_row.get(partition, self.positions[partition].consecutive_parked)
                in_a_row[partition] = before + 1
        return {
            partition: Position(
                self.positions[partition].epoch,
                record.offset + 1,
                record.timestamp,
                in_a_row.get(partition, self.positions[partition].consecutive_parked),
            )
            for partition, record in last.items()
        }


def _count(items: Sequence[Item[E]], fresh: Sequence[Message[E]]) -> None:
    handled = {id(message) for message in fresh}
    settled = Counter((item.record.topic, _outcome(item, handled)) for item in items)
    for (topic, outcome), number in settled.items():
        metrics.MESSAGES.labels(topic, outcome).inc(number)
    for item in items:
        if isinstance(item, InvalidRecord):
            metrics.PARKED.labels(item.record.topic, item.error.code).inc()


def _outcome(item: Item[E], handled: Collection[int]) -> str:
    if isinstance(item, InvalidRecord):
        return "parked"
    if isinstance(item, Deferred):
        return "deferred"
    return "handled" if id(item) in handled else "repeated"
