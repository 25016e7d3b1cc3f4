"""The library of pictures: re-encode, keep, show, release, and delete in housekeeping."""

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass
from itertools import count

import structlog

from services.intake.media import store
from services.intake.media.folder import MediaFiles, MediaFolder
from services.intake.media.reencoding import PictureBytes, Reencoder
from services.intake.pictures import ReencodedPicture
from services.intake.records.submissions import KeptMedia, Uploader
from services.intake.settings import MediaSettings
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.ops.audit import audit
from shared.runtime.ops.shutdown import pause
from shared.runtime.postgres import Pool, transaction

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class MediaLibrary:
    """Pictures: their bytes in files, their facts in the database."""

    pool: Pool
    files: MediaFiles
    reencoder: Reencoder

    async def add(self, picture: PictureBytes, uploader: Uploader) -> tuple[str, ReencodedPicture]:
        """Keep a picture; return its new id and the kept form, or raise ``RefusedPictureError``."""
        media_id = secrets.token_hex(_ID_BYTES)
        return media_id, await self._add(media_id, picture, uploader)

    async def add_once(self, media_id: str, picture: PictureBytes, uploader: Uploader) -> None:
        """Keep a picture under an id as ``add`` does; idempotent, also for erased ones."""
        if await self.find(media_id) is None:
            await self._add(media_id, picture, uploader)

    async def find(self, media_id: str) -> KeptMedia | None:
        """Return the facts of a picture; None for an unknown id."""
        async with transaction(self.pool) as db:
            return await store.find_media(db, media_id)

    async def set_released(
        self, media_id: str, operator: str, *, released: bool, actor: str | None = None
    ) -> None:
        """Release a picture to the public, or withhold it."""
        async with transaction(self.pool) as db:
            await store.set_released(db, media_id, operator if released else None)
        event = "media_released" if released else "media_withheld"
        audit(event, media_id=media_id, actor=actor, operator=operator)

    async def _add(
        self, media_id: str, picture: PictureBytes, uploader: Uploader
    ) -> ReencodedPicture:
        kept = await self.reencoder.reencode(picture, uploader)
        await self.files.write(media_id, kept.content)  # an orphan if the process dies here
        async with transaction(self.pool) as db:
            await store.add_media(db, media_id, uploader.name, kept)
        return kept


def open_media_files(settings: MediaSettings) -> MediaFiles:
    """Return the folder or the bucket; the S3 client is imported for a bucket alone."""
    if settings.media_folder:
        return MediaFolder(settings.media_folder)
    from services.intake.media.bucket import open_bucket  # noqa: PLC0415 - takes 60 ms

    return open_bucket(settings)


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
                erased = await store.erase_surplus(db, way, self.max_unused)
            if erased:
                log.warning("media_surplus_erased", uploaded_by=way, pictures=erased)

    async def delete_erased(self) -> None:
        """Delete the files of erased pictures."""
        while True:
            async with transaction(self.pool) as db:
                media_ids = await store.media_to_delete(db, _BATCH_SIZE)
            for media_id in media_ids:
                await self.files.delete(media_id)
            if media_ids:
                async with transaction(self.pool) as db:
                    await store.mark_deleted(db, media_ids)
            if len(media_ids) < _BATCH_SIZE:
                return

    async def delete_orphans(self) -> int:
        """Delete files without a picture, such as of an upload that failed; return how many."""
        deleted = 0
        async for media_ids in self.files.older_than(self.orphan_age_s):
            async with transaction(self.pool) as db:
                orphans = await store.unknown_media(db, media_ids)
            for media_id in orphans:
                await self.files.delete(media_id)
            deleted += len(orphans)
        if deleted:
            log.info("media_orphans_deleted", files=deleted)
        return deleted
