"""Housekeeping of pictures: surplus ones, files of erased ones, files that belong to no picture."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import structlog

from services.intake.media.folder import MediaFiles
from services.intake.media.store import erase_surplus, mark_deleted, media_to_delete, unknown_media
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.ops.shutdown import pause
from shared.runtime.postgres import Pool, transaction

log = structlog.get_logger()

_DELETE_EVERY_S = 5.0
_BATCH_SIZE = 100
_SWEEP_EVERY_ROUNDS = 720
# An upload under way takes far less.
_ORPHAN_AGE_S = 3600.0
_STRANGERS = ("web", "email", "sms")
# Pictures of each way in that no request shows yet: 7 GB of noise, 1 GB of photos.
_MAX_UNUSED = 2_000


@dataclass(frozen=True, slots=True)
class MediaHousekeeping:
    """Deletes the files of erased pictures within seconds, and orphans once an hour.

    Strangers may send pictures without a report: beyond ``max_unused`` of each channel the oldest
    are erased, within seconds.
    """

    pool: Pool
    files: MediaFiles
    orphan_age_s: float = _ORPHAN_AGE_S
    max_unused: int = _MAX_UNUSED

    async def run(self, stopping: asyncio.Event) -> None:
        """Delete until asked to stop; a sweep that fails waits for its next hour."""
        with suppress(StoppedError):
            for rounds in count():
                try:
                    await self.erase_surplus()
                    await self.delete_erased()
                    if rounds % _SWEEP_EVERY_ROUNDS == 0:
                        await self.delete_orphans()
                except (SystemicError, TransientError) as error:
                    log.warning("media_housekeeping_postponed", code=error.code)
                await pause(stopping, _DELETE_EVERY_S)

    async def erase_surplus(self) -> None:
        """Erase the oldest pictures of strangers that no request shows, beyond the limit."""
        for way in _STRANGERS:
            async with transaction(self.pool) as db:
                erased = await erase_surplus(db, way, self.max_unused)
            if erased:
                log.warning("media_surplus_erased", uploaded_by=way, pictures=erased)

    async def delete_erased(self) -> None:
        """Delete the files of erased pictures."""
        while True:
            async with transaction(self.pool) as db:
                media_ids = await media_to_delete(db, _BATCH_SIZE)
            for media_id in media_ids:
                await self.files.delete(media_id)
            if media_ids:
                async with transaction(self.pool) as db:
                    await mark_deleted(db, media_ids)
            if len(media_ids) < _BATCH_SIZE:
                return

    async def delete_orphans(self) -> int:
        """Delete files without a picture, such as of an upload that failed; return how many."""
        deleted = 0
        async for media_ids in self.files.older_than(self.orphan_age_s):
            async with transaction(self.pool) as db:
                orphans = await unknown_media(db, media_ids)
            for media_id in orphans:
                await self.files.delete(media_id)
            deleted += len(orphans)
        if deleted:
            log.info("media_orphans_deleted", files=deleted)
        return deleted
