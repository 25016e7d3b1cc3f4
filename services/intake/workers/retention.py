"""Retention: rejected submissions, contacts and pictures are kept for a time and no longer."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import structlog

from services.intake.media.store import erase_expired
from services.intake.store.erasure import erase_contacts, kept_contacts
from services.intake.store.submissions import PostgresSubmissions
from shared.errors import SystemicError, TransientError
from shared.runtime.ops.shutdown import is_set_within
from shared.runtime.postgres import Pool, transaction

log = structlog.get_logger()

# Also of pictures that no request shows: a rejected submission may be replayed with them.
REJECTED_RETENTION = timedelta(days=30)
_SWEEP_EVERY_S = 3600
_FIRST = (datetime(1, 1, 1, tzinfo=UTC), "00000000-0000-0000-0000-000000000000")


@dataclass(frozen=True, slots=True)
class Retention:
    """Deletes old rejected submissions; erases the data of closed cases."""

    pool: Pool
    clock: Callable[[], datetime]
    contacts_kept: timedelta = timedelta(days=400)
    batch_size: int = 1_000

    async def run(self, stopping: asyncio.Event) -> None:
        """Sweep once an hour until asked to stop."""
        while not stopping.is_set():
            try:
                await self.sweep()
                if erased := await self.sweep_contacts():
                    log.info("contacts_expired", requests=erased)
                await self.sweep_media()
            except (SystemicError, TransientError) as error:
                log.warning("retention_postponed", code=error.code)
            await is_set_within(stopping, _SWEEP_EVERY_S)

    async def sweep(self) -> int:
        """Delete the rejected submissions that are due, 1,000 per transaction; return how many."""
        due_before = self.clock() - REJECTED_RETENTION
        total = 0
        while True:
            async with transaction(self.pool) as db:
                deleted = await PostgresSubmissions(db).delete_rejected(due_before, self.batch_size)
            total += deleted
            if deleted < self.batch_size:
                return total

    async def sweep_contacts(self) -> int:
        """Erase the contacts that are due; return how many."""
        over_before = self.clock() - self.contacts_kept
        total, after = 0, _FIRST
        while True:
            async with transaction(self.pool) as db:
                kept = await kept_contacts(db, over_before, after, self.batch_size)
                due = [contact.request_id for contact in kept if contact.is_over]
                if due:
                    await erase_contacts(db, due)
            total += len(due)
            if len(kept) < self.batch_size:
                return total
            after = (kept[-1].submitted_at, kept[-1].request_id)

    async def sweep_media(self) -> int:
        """Erase pictures that no request shows, or whose case closed long ago; return how many."""
        now = self.clock()
        async with transaction(self.pool) as db:
            return await erase_expired(db, now - REJECTED_RETENTION, now - self.contacts_kept)
