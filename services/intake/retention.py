"""Forgetting what intake kept for a while only."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from services.intake.store import PostgresSubmissions
from shared.errors import SystemicError, TransientError
from shared.runtime.postgres import Pool, transaction

log = structlog.get_logger()

REJECTED_KEPT = timedelta(days=30)
_LOOK_EVERY_S = 3600
_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes rejected submissions, with all that they held, after ``REJECTED_KEPT``."""

    pool: Pool
    clock: Callable[[], datetime]

    async def run(self, stopping: asyncio.Event) -> None:
        """Look now and then until asked to stop."""
        while not stopping.is_set():
            try:
                await self.sweep()
            except (SystemicError, TransientError) as error:
                log.warning("retention_postponed", code=error.code)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _LOOK_EVERY_S)

    async def sweep(self) -> int:
        """Delete what is due, a piece at a time; return how many submissions that were."""
        due_before = self.clock() - REJECTED_KEPT
        total = 0
        while True:
            async with transaction(self.pool) as db:
                forgotten = await PostgresSubmissions(db).forget_rejected(due_before, _AT_ONCE)
            total += forgotten
            if forgotten < _AT_ONCE:
                return total
