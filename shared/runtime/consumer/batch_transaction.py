"""One transaction per batch: fence, inbox, handler, outbox and offsets commit together."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from shared.contract.events import Event
from shared.runtime.consumer import deferring, garbage, skips
from shared.runtime.consumer.crashes import MAX_CRASHES, CrashCounter, CrashedError
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
from shared.runtime.consumer.skips import SkippedError
from shared.runtime.kafka import Partition, Record
from shared.runtime.ops import metrics
from shared.runtime.outbox.outbox import OutboxBatch, enqueue
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection, Pool, transaction

E = TypeVar("E", bound=Event)
Handler: TypeAlias = Callable[
    [Sequence[Message[E]], Connection], Awaitable[Sequence[Event | Outgoing]]
]

Prepare: TypeAlias = Callable[[Sequence[Message[E]]], Awaitable[None]]


@dataclass(slots=True)
class BatchProcessor(Generic[E]):
    """Handles batches of records, each in one transaction.

    The transaction contains the fence on the partitions, the inbox, the handler's changes, the
    deferred records, the outbox and the offsets. A crash therefore repeats the whole batch or
    nothing of it.

    Attributes:
        inbox_topics: Topics whose repeated events the inbox drops, None for all; for the events of
            others ``handle`` must be idempotent.
        prepare: Waits for other needs of a batch, before its transaction begins.
        positions: The last committed positions of the owned partitions.
    """

    service: str
    pool: Pool
    handle: Handler[E]
    inbox_topics: Collection[str] | None
    dlq_limit: DlqLimitTracker
    prepare: Prepare[E] | None = None
    deferred_keys: DeferredKeys = field(default_factory=DeferredKeys)
    positions: dict[Partition, Position] = field(default_factory=dict, init=False)
    crashes: CrashCounter = field(init=False)
    _skips: Mapping[tuple[str, int, int], str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.crashes = CrashCounter(self.pool)

    async def claim(self, owned: Collection[Partition]) -> None:
        """Claim the partitions, and load their stored state."""
        async with transaction(self.pool) as db:
            self.positions = await claim(db, owned)
            await self.deferred_keys.load(db, owned)
            await self.crashes.load(db, owned)
            self._skips = await skips.load(db, owned)

    def refuse(self, record: Record, crashes: int) -> InvalidRecord | None:
        """Return the record as invalid if it must be parked untried after so many crashes."""
        at = (record.topic, record.partition, record.offset)
        if self._skips and (reason := self._skips.get(at)):
            return InvalidRecord(record, SkippedError(reason))
        if crashes >= MAX_CRASHES:
            return InvalidRecord(record, CrashedError(f"the process died {crashes} times at it"))
        return None

    def is_pending(self, record: Record) -> bool:
        """Return True when the record is in an owned partition and not yet committed."""
        position = self.positions.get(record_partition(record))
        return position is not None and record.offset >= (position.next_offset or 0)

    def units(self, records: Sequence[Record], express: Collection[str]) -> list[Sequence[Record]]:
        """Split records into units with a transaction each; topics in ``express`` come first."""
        first = [record for record in records if record.topic in express]
        others = [record for record in records if record.topic not in express]
        return [*self.crashes.split(first), *self.crashes.split(others)]

    async def commit(self, items: Sequence[Item[E]]) -> Sequence[OutboxBatch]:
        """Handle the items and advance past them, in one transaction; return its outbox batches.

        Raises:
            FencedError: Another consumer owns a partition of the batch.
            TooManyDeadLettersError: The batch would exceed the dead-letter limit.
        """
        if self.deferred_keys:
            items = [Deferred(i.record) if self.deferred_keys.has(i.record) else i for i in items]
        invalid = [item for item in items if isinstance(item, InvalidRecord)]
        deferred = [item for item in items if isinstance(item, Deferred)]
        target = self._positions_after(items)
        self.dlq_limit.check(invalid, target, len(items))
        await self.crashes.mark([item.record for item in items], self.positions)
        await self._prepare(items)
        async with transaction(self.pool) as db:
            await advance(db, self.positions, target)
            handled, parked, batches = await self._handle(db, items)
            if deferred:
                await deferring.insert(db, deferred)
            for item in invalid:
                if isinstance(item.error, SkippedError):
                    await skips.delete(db, item.record)
        self.positions.update(target)
        self.crashes.on_commit(target)
        self.dlq_limit.record_batch(invalid, len(items))
        self.deferred_keys.add(deferred)
        _count(items, handled, parked)
        return batches

    async def commit_deferred(
        self, deferred: DeferredRecord, items: Sequence[Item[E]]
    ) -> Sequence[OutboxBatch]:
        """Handle, dead-letter or postpone one deferred record; the position does not advance."""
        [item] = items
        is_exhausted = deferred.attempts >= len(self.deferred_keys.retry_delays_s)
        if isinstance(item, Deferred) and item.error and is_exhausted:
            item = InvalidRecord(item.record, item.error)
        key = record_key(deferred.record)
        await self._prepare(items)
        async with transaction(self.pool) as db:
            await lock(db, key.partition, self.positions[key.partition])
            if isinstance(item, Deferred):
                await deferring.postpone(db, deferred, item.error.code if item.error else "behind")
                self.deferred_keys.postpone(key, deferred.attempts)
                return []
            handled, parked, batches = await self._handle(db, [item])
            await deferring.delete(db, deferred)
        self.deferred_keys.remove_first(key)
        _count([item], handled, parked)
        return batches

    async def _prepare(self, items: Sequence[Item[E]]) -> None:
        if self.prepare and (messages := [i for i in items if isinstance(i, Message)]):
            await self.prepare(messages)

    async def _handle(
        self, db: Connection, items: Sequence[Item[E]]
    ) -> tuple[Sequence[Message[E]], "_Parked", Sequence[OutboxBatch]]:
        new = await self._deduplicate(db, [item for item in items if isinstance(item, Message)])
        events = await self.handle(new, db) if new else []
        parked = await self._park(db, [item for item in items if isinstance(item, InvalidRecord)])
        return new, parked, await enqueue(db, [*events, *parked.letters])

    async def _park(self, db: Connection, invalid: Sequence[InvalidRecord]) -> "_Parked":
        """Make dead letters of all records but the garbage that exceeds the budget of bytes."""
        found = [item for item in invalid if self.dlq_limit.is_garbage(item)]
        pieces = [
            garbage.Piece(
                item.record.topic,
                item.error.code,
                len(item.record.value or b"") + len(item.record.key or b""),
            )
            for item in found
        ]
        kept = await garbage.admit(db, pieces, self.dlq_limit.limit.bytes_per_hour)
        dropped = {id(item) for item, is_kept in zip(found, kept, strict=True) if not is_kept}
        letters = [to_dead_letter(i, self.service) for i in invalid if id(i) not in dropped]
        return _Parked(letters, dropped, pieces, kept)

    async def _deduplicate(
        self, db: Connection, messages: Sequence[Message[E]]
    ) -> Sequence[Message[E]]:
        topics = self.inbox_topics
        inbox = [m for m in messages if topics is None or m.record.topic in topics]
        if not inbox:
            return messages
        first_of = {message.identity: message for message in reversed(inbox)}
        new = await insert_new_events(db, first_of.keys())
        repeats = {
            id(message)
            for message in inbox
            if message.identity not in new or first_of[message.identity] is not message
        }
        return [message for message in messages if id(message) not in repeats]

    def _positions_after(self, items: Sequence[Item[E]]) -> Mapping[Partition, Position]:
        last: dict[Partition, tuple[Record, int]] = {}
        for item in items:
            partition = record_partition(item.record)
            _, parked = last.get(partition) or (None, self.positions[partition].consecutive_parked)
            if isinstance(item, Message):
                parked = 0
            elif isinstance(item, InvalidRecord):
                parked += self.dlq_limit.is_counted(item)
            last[partition] = item.record, parked
        return {
            p: Position(self.positions[p].epoch, record.offset + 1, record.timestamp, parked)
            for p, (record, parked) in last.items()
        }


class _Parked(NamedTuple):
    """The dead letters of a batch, and its garbage.

    Attributes:
        dropped: The ids of the invalid records that are not among the letters.
        kept: For each piece of garbage, True when it is among the dead letters.
    """

    letters: Sequence[Outgoing]
    dropped: Collection[int]
    garbage: Sequence[garbage.Piece]
    kept: Sequence[bool]

    def has(self, invalid: InvalidRecord) -> bool:
        return id(invalid) not in self.dropped

    def show(self) -> None:
        for letter in self.letters:
            metrics.DEAD_LETTER_BYTES.labels(letter.topic).inc(len(letter.value or b""))
        garbage.show_garbage(self.garbage, self.kept)


def _count(items: Sequence[Item[E]], handled: Sequence[Message[E]], parked: _Parked) -> None:
    new = Counter(message.record.topic for message in handled)
    read = Counter(item.record.topic for item in items if isinstance(item, Message))
    outcomes = Counter({(topic, "handled"): number for topic, number in new.items()})
    outcomes.update({(topic, "repeated"): number for topic, number in (read - new).items()})
    for item in items:
        if isinstance(item, Deferred):
            outcomes[item.record.topic, "deferred"] += 1
        elif isinstance(item, InvalidRecord) and parked.has(item):
            outcomes[item.record.topic, "parked"] += 1
            metrics.PARKED.labels(item.record.topic, item.error.code).inc()
        elif isinstance(item, InvalidRecord):
            outcomes[item.record.topic, "dropped"] += 1
    for (topic, outcome), number in outcomes.items():
        metrics.MESSAGES.labels(topic, outcome).inc(number)
    parked.show()


_DIGEST_BYTES = 16
_INSERT_NEW = """
    INSERT INTO inbox (event)
    SELECT unnest($1::bytea[])
    ON CONFLICT DO NOTHING
    RETURNING event
"""


async def insert_new_events(db: Connection, identities: Collection[str]) -> set[str]:
    """Insert the identities, and return those that were not in the inbox before.

    The table stores digests, since outsiders choose the identities, which may exceed the maximum
    length of an index entry.
    """
    by_digest = {
        blake2b(identity.encode(), digest_size=_DIGEST_BYTES).digest(): identity
        for identity in identities
    }
    new = await db.fetch(_INSERT_NEW, sorted(by_digest))
    return {by_digest[row["event"]] for row in new}
