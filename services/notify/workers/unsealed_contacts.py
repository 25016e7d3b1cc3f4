"""Contacts stored by a version without seals: notify seals them at its start."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

import structlog

from services.notify.store.sealed_contacts import ContactKeys, seal_unsealed
from shared.errors import StoppedError
from shared.runtime.consumer.retry import with_database
from shared.runtime.ops.shutdown import cancel_on_stop
from shared.runtime.postgres import Pool, transaction
from shared.runtime.sealing import UnreadableError

log = structlog.get_logger()

_BATCH = 200
"""Contacts of a transaction: some milliseconds of work."""


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
            log.error("sealing_ended", code=error.code, reason=str(error))  # noqa: TRY400 - a traceback says no more

    async def seal(self) -> None:
        """Check the secrets, store the key of the hashes, and seal what is not sealed yet."""
        async with transaction(self.pool) as db:
            await self.keys.keep_hash_key(db)
        total, sealed = 0, _BATCH
        while sealed == _BATCH:
            async with transaction(self.pool) as db:
                sealed = await seal_unsealed(db, self.keys.sealer, _BATCH)
            total += sealed
        if total:
            log.info("contacts_sealed", requests=total)
