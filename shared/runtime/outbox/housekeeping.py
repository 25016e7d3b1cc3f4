"""Housekeeping: prunes outbox and inbox by age, in small steps."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

import structlog

from shared.contract.topic import Topic
from shared.errors import DatabaseBusyError, DatabaseDownError, StoppedError
from shared.runtime.ops.metrics import PRUNED
from shared.runtime.ops.shutdown import pause
from shared.runtime.postgres import Pool, transaction
from shared.runtime.settings import ServiceSettings

log = structlog.get_logger()

_TRY_LOCK = "SELECT pg_try_advisory_xact_lock(hashtext(current_schema()), 1000)"
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
_INBOX_PAGES = """
    SELECT pg_relation_size('inbox'::regclass) / current_setting('block_size')::integer
"""
_PRUNE_INBOX = """
    DELETE FROM inbox
     WHERE ctid >= $1::text::tid AND ctid < $2::text::tid AND taken_at < now() - $3::interval
"""

_STEP_ROWS = 1000
_STEP_PAGES = 8  # some 1,000 rows
_BETWEEN_STEPS_S = 0.05
_ROUND_EVERY_S = 3600.0
_INBOX_EVERY_ROUNDS = 24
_MARGIN = timedelta(days=5)
_DEAD_LETTER_RETENTION = timedelta(days=30)


def inbox_retention_for(topics: Iterable[Topic]) -> timedelta:
    """Return how long the inbox must remember events of these topics.

    An event can be delivered again for as long as its topic or the dead-letter topic retains it:
    an operator may reset a consumer to the start of its topic, or replay dead letters. Compacted
    topics do not count: they keep the latest state of a key, which is idempotent.
    """
    retentions = [topic.retention for topic in topics if topic.retention]
    return max([*retentions, _DEAD_LETTER_RETENTION]) + _MARGIN


@dataclass(frozen=True, slots=True)
class Housekeeping:
    """Prunes a service's outbox and inbox by age; unpublished rows always stay.

    Each step is a short transaction over about 1,000 rows that blocks no writer, and only one
    process of a service runs a step at a time. Every hour it walks the outbox along its primary
    key until the rows get young; every day it walks the inbox page by page. Neither needs an index
    that every insert would pay for.

    Attributes:
        pool: The service's database.
        outbox_retention: For how long ``republish`` can refill a broker that lost its tail.
        inbox_retention: For how long repeats are recognized.
    """

    pool: Pool
    outbox_retention: timedelta
    inbox_retention: timedelta

    @classmethod
    def from_settings(cls, pool: Pool, settings: ServiceSettings, topics: Iterable[Topic]) -> Self:
        """Return the housekeeping of a service.

        Args:
            pool: The service's database.
            settings: The service's settings, with the retention times.
            topics: The topics that the service reads.
        """
        days = settings.inbox_kept_days
        return cls(
            pool,
            timedelta(hours=settings.outbox_kept_hours),
            timedelta(days=days) if days else inbox_retention_for(topics),
        )

    async def run(self, stopping: asyncio.Event) -> None:
        """Prune periodically until asked to stop."""
        rounds = 0
        with suppress(StoppedError):
            while True:
                try:
                    await self._prune(stopping, inbox=rounds % _INBOX_EVERY_ROUNDS == 0)
                    rounds += 1
                except (DatabaseDownError, DatabaseBusyError) as error:
                    log.warning("pruning_postponed", code=error.code)
                await pause(stopping, _ROUND_EVERY_S)

    async def _prune(self, stopping: asyncio.Event, *, inbox: bool) -> None:
        tables = {"outbox": self.prune_outbox()} | ({"inbox": self.prune_inbox()} if inbox else {})
        for table, steps in tables.items():
            async with aclosing(steps):
                async for deleted in steps:
                    PRUNED.labels(table).inc(deleted)
                    await pause(stopping, _BETWEEN_STEPS_S)

    async def prune_outbox(self) -> AsyncGenerator[int]:
        """Delete old published rows; yield the number of deleted rows after each step."""
        after = 0
        while True:
            async with transaction(self.pool) as db:
                if not await db.fetchval(_TRY_LOCK):
                    return
                [step] = await db.fetch(_PRUNE_OUTBOX, after, _STEP_ROWS, self.outbox_retention)
            yield step["gone"]
            if not step["had_old"]:
                return
            after = step["last"]

    async def prune_inbox(self) -> AsyncGenerator[int]:
        """Delete old rows; yield the number of deleted rows after each step."""
        async with transaction(self.pool) as db:
            pages: int = await db.fetchval(_INBOX_PAGES)
        for page in range(0, pages, _STEP_PAGES):
            until = f"({page + _STEP_PAGES},0)"
            async with transaction(self.pool) as db:
                if not await db.fetchval(_TRY_LOCK):
                    return
                status = await db.execute(_PRUNE_INBOX, f"({page},0)", until, self.inbox_retention)
            yield int(status.removeprefix("DELETE "))
