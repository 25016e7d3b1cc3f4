"""Marking what was published since a moment as unpublished, so that the relay sends it again."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg

from shared.runtime.kafka.reader import offset_bounds, offsets_at
from shared.runtime.outbox.outbox import BUCKETS
from shared.runtime.postgres import Connection
from shared.runtime.recovery.positions import (
    PositionChange,
    apply_changes,
    load_positions,
    position_changes,
)

_SPAN = "SELECT min(seq) AS first, max(seq) AS last FROM {}.outbox WHERE created_at >= $1"
_MARK = """
    WITH marked AS (
        UPDATE {}.outbox SET published = false
         WHERE seq BETWEEN $1 AND $2 AND published AND created_at >= $3
           AND ($4::text[] IS NULL OR topic = ANY($4))
        RETURNING topic)
    SELECT topic, count(*) AS rows FROM marked GROUP BY topic
"""
_COUNT = """
    SELECT topic, count(*) AS rows FROM {}.outbox
     WHERE seq BETWEEN $1 AND $2 AND published AND created_at >= $3
       AND ($4::text[] IS NULL OR topic = ANY($4))
     GROUP BY topic
"""
_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class OutboxReplay:
    """Which rows of the outboxes are to be published again, with the same bytes.

    Attributes:
        since: Rows made then or later.
        topics: Rows for these; None for all.
        dry: Count them and change nothing.
        step: Is told of the number of rows after each step.
    """

    since: datetime
    topics: Sequence[str] | None
    dry_run: bool
    on_step: Callable[[int], None]

    async def republish(self, db: Connection, service: str) -> Counter[str]:
        """Mark the rows of one service in small steps, each its own transaction.

        Hold its relay still meanwhile, else it publishes what was marked early before what comes
        before it.

        Returns:
            Rows by topic.
        """
        counted: Counter[str] = Counter()
        span = await db.fetchrow(_SPAN.format(service), self.since)
        if span is None or span["first"] is None:
            return counted
        statement = (_COUNT if self.dry_run else _MARK).format(service)
        for first in range(span["first"], span["last"] + 1, _AT_ONCE):
            last = min(first + _AT_ONCE - 1, span["last"])
            rows = await db.fetch(statement, first, last, self.since, self.topics)
            found = {row["topic"]: row["rows"] for row in rows}
            counted.update(found)
            self.on_step(sum(found.values()))
        return counted


_TAKE = """
    SELECT pg_advisory_lock(hashtext($1), bucket)
      FROM generate_series(0, $2::integer - 1) AS bucket
"""
_END_HOLDERS = """
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
_LOOK_EVERY_S = 0.2


@asynccontextmanager
async def paused_relay(admin_dsn: str, service: str) -> AsyncGenerator[None]:
    """Hold every bucket of the service's outbox, so that no relay publishes meanwhile.

    A relay holds its buckets for as long as its connection lives. That is ended; the relay takes
    it for a short outage, and finds its buckets taken until the block ends.
    """
    keeper = await asyncpg.connect(admin_dsn)
    ender = await asyncpg.connect(admin_dsn)
    try:
        await _take(keeper, ender, service)
        yield
    finally:
        await ender.close()
        await keeper.close()


async def _take(keeper: Connection, ender: Connection, service: str) -> None:
    own = await keeper.fetchval("SELECT pg_backend_pid()")
    taking = asyncio.create_task(keeper.execute(_TAKE, service, BUCKETS))
    try:
        while not taking.done():
            await ender.execute(_END_HOLDERS, service, own)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(taking), _LOOK_EVERY_S)
        await taking
    finally:
        taking.cancel()


@dataclass(slots=True)
class RepublishResult:
    """What was done, or of a dry run what would have been.

    Attributes:
        published_again: Rows by service and topic.
        moved: Positions that were changed, by service.
        left: Positions whose records are gone for good, left alone since that was not accepted.
    """

    published_again: dict[str, Counter[str]] = field(default_factory=dict)
    moved: dict[str, list[PositionChange]] = field(default_factory=dict)
    left: dict[str, list[PositionChange]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RepublishRun:
    """One recovery.

    Attributes:
        services: Whose outboxes are read and whose positions are set right.
        accept_loss: Whether a consumer whose next record the broker deleted goes on at the oldest
            that is left.
    """

    bootstrap: str
    admin_dsn: str
    services: Sequence[str]
    refill: OutboxReplay
    accept_loss: bool

    async def run(self) -> RepublishResult:
        """Hold the relays, set positions back, have the outboxes published again, let go.

        Positions come first and the relays last: so whatever is published now lies behind every
        reader's position, and in each outbox's own order.
        """
        done = RepublishResult()
        async with self._database() as db, AsyncExitStack() as stack:
            if not self.refill.dry_run:
                for service in self.services:
                    await stack.enter_async_context(paused_relay(self.admin_dsn, service))
            await self._move(db, done)
            for service in self.services:
                done.published_again[service] = await self.refill.republish(db, service)
        return done

    @asynccontextmanager
    async def _database(self) -> AsyncGenerator[Connection]:
        db = await asyncpg.connect(self.admin_dsn)
        try:
            yield db
        finally:
            await db.close()

    async def _move(self, db: Connection, done: RepublishResult) -> None:
        bounds = await offset_bounds(self.bootstrap)
        since = await offsets_at(self.bootstrap, bounds.keys(), self.refill.since)
        for service in self.services:
            wanted = position_changes(await load_positions(db, service), bounds, since)
            meant = [move for move in wanted if self._concerns(move)]
            done.moved[service] = [move for move in meant if self.accept_loss or not move.lost]
            done.left[service] = [move for move in meant if move not in done.moved[service]]
            if not self.refill.dry_run:
                await apply_changes(db, service, done.moved[service])

    def _concerns(self, move: PositionChange) -> bool:
        return self.refill.topics is None or move.partition.topic in self.refill.topics
