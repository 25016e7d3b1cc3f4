"""Retention of rejected submissions."""

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

REJECTED_RETENTION = timedelta(days=30)
_SWEEP_EVERY_S = 3600
_BATCH_SIZE = 1_000


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes rejected submissions, with all their data, after ``REJECTED_RETENTION``."""

    pool: Pool
    clock: Callable[[], datetime]

    async def run(self, stopping: asyncio.Event) -> None:
        """Sweep once an hour until asked to stop."""
        while not stopping.is_set():
            try:
                await self.sweep()
            except (SystemicError, TransientError) as error:
                log.warning("retention_postponed", code=error.code)
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _SWEEP_EVERY_S)

    async def sweep(self) -> int:
        """Delete what is due, in transactions of 1,000 submissions; return how many."""
        due_before = self.clock() - REJECTED_RETENTION
        total = 0
        while True:
            async with transaction(self.pool) as db:
                deleted = await PostgresSubmissions(db).delete_rejected(due_before, _BATCH_SIZE)
            total += deleted
            if deleted < _BATCH_SIZE:
                return total
