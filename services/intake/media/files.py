"""The port to the bytes of pictures; a folder or a bucket is behind it."""

from collections.abc import AsyncIterator
from typing import Protocol

from shared.errors import SystemicError


class MediaStorageError(SystemicError):
    """Pictures cannot be written or read, such as for a full disk or a server that is down."""

    code = "media_storage"


class MediaFiles(Protocol):
    """The bytes of pictures, by id."""

    async def write(self, media_id: str, content: bytes) -> None:
        """Store a picture; it is durable afterwards.

        Raises:
            MediaStorageError: It could not be stored.
        """
        ...

    async def read(self, media_id: str) -> bytes | None:
        """Return a picture; None where it is not stored.

        Raises:
            MediaStorageError: It could not be read.
        """
        ...

    async def delete(self, media_id: str) -> None:
        """Delete a picture; idempotent.

        Raises:
            MediaStorageError: It could not be deleted.
        """
        ...

    def older_than(self, age_s: float) -> AsyncIterator[list[str]]:
        """Yield the ids of pictures that were stored so many seconds ago, in portions."""
        ...
