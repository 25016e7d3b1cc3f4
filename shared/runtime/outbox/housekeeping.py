"""Deleting what outbox and inbox need no longer, in small steps."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import structlog

from shared.contract.topics import Topic
from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError
from shared.runtime.ops.metrics import PRUNED
from shared.runtime.ops.shutdown import pause
from shared.runtime.postgres import Pool, transaction
from shared.runtime.settings import ServiceSettings

log = structlog.get_logger()

_ONE_AT_A_TIME = "SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), 1000)"
_PRUNE_OUTBOX = """
    WITH step AS (
        SELECT seq, published, created_at FROM outbox WHERE seq > $1 ORDER BY seq LIMIT $2
    ), gone AS (
        DELETE FROM outbox USING step
         WHERE outbox.seq = step.seq AND outbox.published AND step.created_at < now() - $3::interval
        RETURNING 1
    )
    SELECT (SELECT count(*) FROM gone) AS gone, max(seq) AS last,
           coalesce(bool_or(created_at < now() - $3::interval), false) AS had_old
      FROM step
"""
_PAGES = """
    SELECT pg_relation_size('inbox'::regclass) / current_setting('block_size')::integer
"""
_PRUNE_INBOX = """
    DELETE FROM inbox
     WHERE ctid >= $1::text::tid AND ctid < $2::text::tid AND taken_at < now() - $3::interval
"""

_ROWS = 1000
_PAGES_AT_ONCE = 8  # some 1,000 rows
_BETWEEN_STEPS_S = 0.05
_LOOK_EVERY_S = 3600.0
_INBOX_EVERY = 24
_MARGIN = timedelta(days=5)
_DEAD_LETTERS_KEPT = timedelta(days=30)


def inbox_retention_for(topics: Iterable[Topic]) -> timedelta:
    """Return how long it must be known that events of these topics were taken in.

    An event can come again for as long as its topic or the dead letters keep it: an operator may
    have a consumer read its topic from the start, or replay what was parked. Compacted topics keep
    the state that holds for a key, which is the same whenever it is read, so they do not count.
    """
    kept = [topic.retention for topic in topics if topic.retention]
    return max([*kept, _DEAD_LETTERS_KEPT]) + _MARGIN


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Prunes a service's outbox and inbox by age; what was never published always stays.

    Each step is a short transaction over about 1,000 rows that no writer waits for, and only one
    process of a service takes one at a time. The outbox is walked along its primary key until it
    gets young, every hour; the inbox page by page, every day. Neither needs an index that each
    insert would have to pay for.

    Attributes:
        outbox_kept: How long ``republish`` can refill a broker that lost its tail.
        inbox_kept: How long repeats are known as such.
    """

    pool: Pool
    outbox_retention: timedelta
    inbox_retention: timedelta

    @classmethod
    def from_settings(cls, pool: Pool, settings: ServiceSettings, topics: Iterable[Topic]) -> Self:
        """Return the housekeeping of a service that takes in events of these topics."""
        days = settings.inbox_kept_days
        return cls(
            pool,
            timedelta(hours=settings.outbox_kept_hours),
            timedelta(days=days) if days else inbox_retention_for(topics),
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Prune now and then until asked to stop."""
        rounds = 0
        with suppress(StoppedError):
            while True:
                try:
                    await self._prune(stopping, inbox=rounds % _INBOX_EVERY == 0)
                    rounds += 1
                except (DatabaseDownError, DatabaseBusyError) as error:
                    log.warning("pruning_postponed", code=error.code)
                await pause(stopping, _LOOK_EVERY_S)

    async def _prune(self, stopping: asyncio.Event, *, inbox: bool) -> None:
        tables = {"outbox": self.prune_outbox()} | ({"inbox": self.prune_inbox()} if inbox else {})
        for table, steps in tables.items():
            async with aclosing(steps):
                async for gone in steps:
                    PRUNED.labels(table).inc(gone)
                    await pause(stopping, _BETWEEN_STEPS_S)

    async def prune_outbox(self) -> AsyncGenerator[int]:
        """Delete published rows that are too old; yield after each step how many those were."""
        after = 0
        while True:
            async with transaction(self.pool) as db:
                if not await db.fetchval(_ONE_AT_A_TIME):
                    return
                [step] = await db.fetch(_PRUNE_OUTBOX, after, _ROWS, self.outbox_retention)
            yield step["gone"]
            if not step["had_old"]:
                return
            after = step["last"]

    async def prune_inbox(self) -> AsyncGenerator[int]:
        """Delete rows that are too old; yield after each step how many those were."""
        async with transaction(self.pool) as db:
            pages: int = await db.fetchval(_PAGES)
        for page in range(0, pages, _PAGES_AT_ONCE):
            until = f"({page + _PAGES_AT_ONCE},0)"
            async with transaction(self.pool) as db:
                if not await db.fetchval(_ONE_AT_A_TIME):
                    return
                status = await db.execute(_PRUNE_INBOX, f"({page},0)", until, self.inbox_retention)
            yield int(status.removeprefix("DELETE "))
