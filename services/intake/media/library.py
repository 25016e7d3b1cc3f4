"""The library of pictures: re-encode, keep, show, release."""

import secrets
from dataclasses import dataclass

from services.intake.media.folder import MediaFiles, MediaFolder
from services.intake.media.reencoding import PictureBytes, Reencoder
from services.intake.media.store import add_media, find_media, set_released
from services.intake.pictures import ReencodedPicture
from services.intake.records import KeptMedia, Uploader
from services.intake.settings import MediaSettings
from shared.runtime.ops.audit import audit
from shared.runtime.postgres import Pool, transaction

_ID_BYTES = 16


@dataclass(frozen=True, slots=True)
class MediaLibrary:
    """Pictures: their bytes in files, their facts in the database."""

    pool: Pool
    files: MediaFiles
    reencoder: Reencoder

    async def add(self, picture: PictureBytes, uploader: Uploader) -> tuple[str, ReencodedPicture]:
        """Keep a picture; return its new id and the kept form.

        A crash between the file and its row leaves a file that ``MediaHousekeeping`` deletes.

        Raises:
            RefusedPictureError: It is not a picture that is kept.
            SystemicError: It could not be re-encoded or stored now.
        """
        media_id = secrets.token_hex(_ID_BYTES)
        return media_id, await self._add(media_id, picture, uploader)

    async def add_once(self, media_id: str, picture: PictureBytes, uploader: Uploader) -> None:
        """Keep a picture under an id as ``add`` does; idempotent, also for erased ones."""
        if await self.find(media_id) is None:
            await self._add(media_id, picture, uploader)

    async def find(self, media_id: str) -> KeptMedia | None:
        """Return the facts of a picture; None for an unknown id."""
        async with transaction(self.pool) as db:
            return await find_media(db, media_id)

    async def set_released(self, media_id: str, operator: str, *, released: bool) -> None:
        """Release a picture to the public, or withhold it."""
        async with transaction(self.pool) as db:
            await set_released(db, media_id, operator if released else None)
        event = "media_released" if released else "media_withheld"
        audit(event, media_id=media_id, operator=operator)

    async def _add(
        self, media_id: str, picture: PictureBytes, uploader: Uploader
    ) -> ReencodedPicture:
        kept = await self.reencoder.reencode(picture, uploader)
        await self.files.write(media_id, kept.content)
        async with transaction(self.pool) as db:
            await add_media(db, media_id, uploader.name, kept)
        return kept


def open_media_files(settings: MediaSettings) -> MediaFiles:
    """Return the folder or the bucket; the S3 client is imported for a bucket alone."""
    if settings.media_folder:
        return MediaFolder(settings.media_folder)
    from services.intake.media.bucket import open_bucket  # noqa: PLC0415 - takes 60 ms

    return open_bucket(settings)
