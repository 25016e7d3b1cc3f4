"""The port to the bytes of pictures; a folder or a bucket is behind it."""

from collections.abc import AsyncIterator
from typing import Protocol

from shared.errors import SystemicError


class MediaStorageError(SystemicError):
    """Pictures cannot be written or read, such as for a full disk or a server that is down."""

    code = "media_storage"


class MediaFiles(Protocol):
    """The bytes of pictures, by id; each operation may raise ``MediaStorageError``."""

    async def write(self, media_id: str, content: bytes) -> None:
        """Store a picture; it is durable afterwards."""

    async def read(self, media_id: str) -> bytes | None:
        """Return a picture; None where it is not stored."""

    async def delete(self, media_id: str) -> None:
        """Delete a picture; idempotent."""

    def older_than(self, age_s: float) -> AsyncIterator[list[str]]:
        """Yield the ids of pictures that were stored so many seconds ago, in portions."""
