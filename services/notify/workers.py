"""Work of notify's start, before the first message: unread erasures, unsealed contacts."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from services.notify.handlers import erase
from services.notify.store.contacts import ContactKeys, seal_unsealed
from services.notify.store.notifications import PostgresNotificationStore
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.consumer.retry import with_database
from shared.runtime.kafka_access import KafkaAccess
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, borrow, transaction
from shared.runtime.recovery.positions import load_positions
from shared.runtime.recovery.tombstones import unread_erasures
from shared.runtime.sealing import UnreadableError

log = structlog.get_logger()

_RETRY_S = 1.0
_ERASED_AT_ONCE = 500
_SEALED_AT_ONCE = 200  # contacts of a transaction: some milliseconds of work


@dataclass(slots=True)
class UnreadErasures:
    """Reads ahead to the end of ``intake-contacts`` once, at the start, and erases."""

    pool: Pool
    access: KafkaAccess
    on_commit: HandOver
    # True once all tombstones that were on the topic at the start are applied.
    applied: bool = field(default=False, init=False)

    async def run(self, stopping: asyncio.Event) -> None:
        """Wait for broker and database, read ahead once, and end."""
        with suppress(StoppedError):
            while not self.applied:
                try:
                    await cancel_on_stop(stopping, self.apply())
                except (SystemicError, TransientError) as error:
                    log.warning("erasures_postponed", code=error.code)
                    await pause(stopping, _RETRY_S)

    async def apply(self) -> None:
        """Erase every contact that has a tombstone after notify's position."""
        async with borrow(self.pool) as db:
            positions = await load_positions(db, "notify")
        erased = sorted(await unread_erasures(self.access, positions))
        for first in range(0, len(erased), _ERASED_AT_ONCE):
            batch = erased[first : first + _ERASED_AT_ONCE]
            async with transaction(self.pool) as db:
                suppressed = await erase(batch, PostgresNotificationStore(db), utc_now())
                batches = await enqueue(db, suppressed)
            self.on_commit(batches)
        self.applied = True


@dataclass(frozen=True, slots=True)
class UnsealedContacts:
    """Seals once, at the start, the contacts of an older version."""

    pool: Pool
    keys: ContactKeys

    async def run(self, stopping: asyncio.Event) -> None:
        """Wait for the database and the right key, seal everything, and end."""
        try:
            with suppress(StoppedError):
                await cancel_on_stop(stopping, with_database(self.seal, stopping))
        except UnreadableError as error:
            log.error("sealing_failed", code=error.code, reason=str(error))  # noqa: TRY400 - a traceback says no more

    async def seal(self) -> None:
        """Check the secrets, store the key of the hashes, and seal all unsealed contacts."""
        async with transaction(self.pool) as db:
            await self.keys.keep_hash_key(db)
        total, sealed = 0, _SEALED_AT_ONCE
        while sealed == _SEALED_AT_ONCE:
            async with transaction(self.pool) as db:
                sealed = await seal_unsealed(db, self.keys.sealer, _SEALED_AT_ONCE)
            total += sealed
        if total:
            log.info("contacts_sealed", requests=total)
