"""Republish: publish records of the outboxes again, unchanged, to a broker that lost its tail."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

from shared.runtime.kafka.reader import offset_bounds, offsets_at
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.outbox.housekeeping import remove_contacts
from shared.runtime.outbox.outbox import BUCKETS
from shared.runtime.postgres import Connection, open_database
from shared.runtime.recovery.positions import (
    PositionChange,
    apply_changes,
    load_positions,
    position_changes,
)
from shared.runtime.recovery.tombstones import contact_ranges, erased_requests

_RANGE = """
    SELECT min(seq) AS first, max(seq) AS last FROM {}.outbox_batches WHERE created_at >= $1
"""
_COUNT = """
    SELECT topic, count(*) AS records
      FROM {0}.outbox_batches AS batch
      LEFT JOIN {0}.outbox_waiting AS waiting USING (seq)
     CROSS JOIN unnest(batch.topics) AS topic
     WHERE seq BETWEEN $1 AND $2 AND batch.created_at >= $3
       AND ($4::text[] IS NULL OR topic = ANY($4))
       AND (waiting.seq IS NULL OR topic <> ALL (waiting.only_topics))
     GROUP BY topic
"""
_MARK_UNPUBLISHED = """
    INSERT INTO {0}.outbox_waiting AS waiting (seq, bucket, records, bytes, only_topics, created_at)
    SELECT seq, bucket, cardinality(topics), pg_column_size(payloads), $4, created_at
      FROM {0}.outbox_batches
     WHERE seq BETWEEN $1 AND $2 AND created_at >= $3 AND ($4::text[] IS NULL OR topics && $4)
    ON CONFLICT (seq) DO UPDATE
       SET only_topics = CASE WHEN waiting.only_topics IS NOT NULL
                               AND excluded.only_topics IS NOT NULL
                              THEN waiting.only_topics || excluded.only_topics END
"""
_STEP_BATCHES = 1_000
_LOCK_BUCKETS = """
    SELECT pg_advisory_lock(hashtext($1), bucket)
      FROM unnest($2::integer[]) AS bucket
"""
_TERMINATE_HOLDERS = """
    SELECT pg_terminate_backend(pid)
      FROM (SELECT DISTINCT pid
              FROM pg_locks
             WHERE locktype = 'advisory'
               AND objsubid = 2
               AND granted
               AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
               AND classid::bigint = hashtext($1)::bigint & 4294967295
               AND pid <> $2) AS holders
"""
_TERMINATE_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class OutboxReplay:
    """Selects the records to publish again.

    Attributes:
        since: The earliest creation time, inclusive.
        on_step: Called with the number of records after each step.
    """

    since: datetime
    topics: Sequence[str] | None
    dry_run: bool
    on_step: Callable[[int], None]

    async def republish(self, db: Connection, service: str) -> Counter[str]:
        """Mark batches of one service as unpublished; return the number of records by topic.

        Each step has a transaction. The service's relay must be paused meanwhile; otherwise it
        would publish batches marked early before those that precede them.
        """
        total: Counter[str] = Counter()
        found = await db.fetchrow(_RANGE.format(service), self.since)
        if found is None or found["first"] is None:
            return total
        for first in range(found["first"], found["last"] + 1, _STEP_BATCHES):
            selected = (first, min(first + _STEP_BATCHES - 1, found["last"]))
            async with db.transaction():
                counts = await db.fetch(_COUNT.format(service), *selected, self.since, self.topics)
                if not self.dry_run:
                    mark = _MARK_UNPUBLISHED.format(service)
                    await db.execute(mark, *selected, self.since, self.topics)
            step = Counter({row["topic"]: row["records"] for row in counts})
            total.update(step)
            self.on_step(step.total())
        return total


@asynccontextmanager
async def paused_relay(admin_dsn: str, service: str) -> AsyncGenerator[None]:
    """Lock every bucket of the service's outbox, so that no relay publishes meanwhile.

    A relay holds its locks for as long as its connection lives. The connection is terminated; the
    relay treats this as a short outage, and waits for its buckets until the block ends.
    """
    async with open_database(admin_dsn) as locker, open_database(admin_dsn) as terminator:
        await _lock_buckets(locker, terminator, service)
        yield


async def _lock_buckets(locker: Connection, terminator: Connection, service: str) -> None:
    own_pid = await locker.fetchval("SELECT pg_backend_pid()")
    locking = asyncio.create_task(locker.execute(_LOCK_BUCKETS, service, list(BUCKETS)))
    try:
        while not locking.done():
            await terminator.execute(_TERMINATE_HOLDERS, service, own_pid)
            with suppress(TimeoutError):
                async with asyncio.timeout(_TERMINATE_EVERY_S):
                    await asyncio.shield(locking)
        await locking
    finally:
        locking.cancel()


@dataclass(slots=True)
class RepublishResult:
    """The changes made, or in a dry run those that would be made.

    Attributes:
        published_again: Number of records by service and topic.
        left: Positions whose next records are lost, unchanged because the loss was not accepted.
    """

    published_again: dict[str, Counter[str]] = field(default_factory=dict)
    moved: dict[str, list[PositionChange]] = field(default_factory=dict)
    left: dict[str, list[PositionChange]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RepublishRun:
    """One republishing of outboxes, with the correction of consumer positions.

    Attributes:
        accept_loss: Move a consumer whose next record was deleted to the oldest record.
    """

    access: KafkaAccess
    admin_dsn: str
    services: Sequence[str]
    refill: OutboxReplay
    accept_loss: bool

    async def run(self) -> RepublishResult:
        """Pause the relays, move the positions back, mark the batches, and release the relays.

        Contacts that were erased are not published again. The positions come first and the relays
        last: so everything published from now on comes after every reader's position, and in each
        outbox's own order.
        """
        result = RepublishResult()
        async with open_database(self.admin_dsn) as db, AsyncExitStack() as stack:
            if not self.refill.dry_run:
                for service in self.services:
                    await stack.enter_async_context(paused_relay(self.admin_dsn, service))
                await self._delete_erased(db)
            await self._move_positions(db, result)
            for service in self.services:
                result.published_again[service] = await self.refill.republish(db, service)
        return result

    async def _delete_erased(self, db: Connection) -> None:
        """Delete contacts that have a tombstone on their topic; an older table may hold them."""
        ranges = await contact_ranges(self.access)
        erased = await erased_requests(self.access, ranges)
        for service in self.services:
            async with db.transaction():
                await db.execute(f"SET LOCAL search_path = {service}")
                await remove_contacts(db, erased)

    async def _move_positions(self, db: Connection, result: RepublishResult) -> None:
        bounds = await offset_bounds(self.access)
        since = await offsets_at(self.access, bounds.keys(), self.refill.since)
        for service in self.services:
            changes = position_changes(await load_positions(db, service), bounds, since)
            selected = [change for change in changes if self._is_selected(change)]
            moved = [change for change in selected if self.accept_loss or not change.lost]
            result.moved[service] = moved
            result.left[service] = [change for change in selected if change not in moved]
            if not self.refill.dry_run:
                await apply_changes(db, service, moved)

    def _is_selected(self, change: PositionChange) -> bool:
        return self.refill.topics is None or change.partition.topic in self.refill.topics
