"""Pictures in a bucket of S3, or of a server that speaks its protocol."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from obstore.exceptions import BaseError
from obstore.store import S3Store

from services.intake.media.folder import MediaStorageError
from services.intake.pictures import KEPT_MEDIA_TYPE, is_media_id, media_key
from services.intake.settings import MediaSettings
from shared.runtime.clock import utc_now

_TIMEOUT = timedelta(seconds=10)
_MAX_RETRIES = 2
_PORTION = 1_000


@dataclass(frozen=True, slots=True)
class MediaBucket:
    """Pictures as objects of a bucket, each under its id."""

    store: S3Store

    async def write(self, media_id: str, content: bytes) -> None:
        """Put an object; a reader sees all of it or nothing."""
        with _translated():
            await self.store.put_async(
                media_key(media_id),
                content,
                attributes={"Content-Type": KEPT_MEDIA_TYPE},
                use_multipart=False,
            )

    async def read(self, media_id: str) -> bytes | None:
        """Return the bytes of an object, None without one."""
        with _translated():
            try:
                found = await self.store.get_async(media_key(media_id))
                return bytes(await found.buffer_async())
            except FileNotFoundError:
                return None

    async def delete(self, media_id: str) -> None:
        """Delete an object, if it is there."""
        with _translated():
            await self.store.delete_async(media_key(media_id))

    async def older_than(self, age_s: float) -> AsyncIterator[list[str]]:
        """Yield the ids in portions, by the clock of the server; foreign objects are left alone."""
        before = utc_now() - timedelta(seconds=age_s)
        with _translated():
            async for portion in self.store.list_async(chunk_size=_PORTION):
                yield [
                    found["path"]
                    for found in portion
                    if is_media_id(found["path"]) and found["last_modified"] < before
                ]


def open_bucket(settings: MediaSettings) -> MediaBucket:
    """Return the bucket of the settings; nothing is sent before it is used."""
    region, secret = settings.media_s3_region, settings.media_s3_secret_access_key
    endpoint = settings.media_s3_endpoint or f"https://s3.{region}.amazonaws.com"
    return MediaBucket(
        S3Store(
            settings.media_bucket,
            endpoint=str(endpoint).rstrip("/"),
            region=region,
            access_key_id=settings.media_s3_access_key_id or "",
            secret_access_key=secret.get_secret_value() if secret else "",
            disable_bulk_delete=True,  # whose answer is not the same on every server
            client_options={"timeout": _TIMEOUT, "allow_http": True},  # settings allow it here only
            retry_config={"max_retries": _MAX_RETRIES, "retry_timeout": _TIMEOUT},
        )
    )


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:  # their texts may name the bucket and its key
        raise MediaStorageError(f"the bucket of pictures: {type(error).__name__}") from None
