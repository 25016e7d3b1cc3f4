"""Storage of the bytes of pictures: the interface, and its folder."""

import asyncio
import errno
import os
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from services.intake.pictures import is_media_id, media_key
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


T = TypeVar("T")

_OWNER_ONLY = 0o700
_SHARD_DIGITS = 2
_SHARDS = "[0-9a-f]" * _SHARD_DIGITS
# Room that pictures leave to a database on the same disk.
_MIN_FREE_BYTES = 512 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class MediaFolder:
    """Pictures as files of a folder that only its owner can read; several processes share it."""

    path: Path
    # Bytes of the disk that stay free; a picture that would take them is refused.
    min_free_bytes: int = _MIN_FREE_BYTES

    def __post_init__(self) -> None:
        _make_folder(self.path)

    async def write(self, media_id: str, content: bytes) -> None:
        """Write a file under another name, sync it, and rename it: a reader sees all or nothing."""
        await _in_thread(lambda: self._write(media_id, content))

    async def read(self, media_id: str) -> bytes | None:
        """Return the bytes of a file, None without one."""
        return await _in_thread(lambda: _bytes_of(self._file(media_id)))

    async def delete(self, media_id: str) -> None:
        """Delete a file, if it is there."""
        await _in_thread(lambda: self._file(media_id).unlink(missing_ok=True))

    async def older_than(self, age_s: float) -> AsyncIterator[list[str]]:
        """Yield the ids by subfolder; delete files that were never renamed.

        Other folders, such as ``lost+found``, are left alone.
        """
        before = time.time() - age_s
        for folder in await _in_thread(lambda: sorted(self.path.glob(_SHARDS))):
            yield await _in_thread(partial(_old_files, folder, before))

    def _file(self, media_id: str) -> Path:
        return self.path / media_id[:_SHARD_DIGITS] / media_key(media_id)

    def _write(self, media_id: str, content: bytes) -> None:
        file = self._file(media_id)
        if not file.parent.is_dir():
            _make_folder(file.parent)
            _sync(self.path)
        if shutil.disk_usage(file.parent).free < self.min_free_bytes + len(content):
            raise OSError(errno.ENOSPC, "too little room is left")
        new = file.with_name(f".{media_id}.{secrets.token_hex(4)}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(descriptor)
        new.replace(file)
        _sync(file.parent)


async def _in_thread(work: Callable[[], T]) -> T:
    try:
        return await asyncio.to_thread(work)
    except OSError as error:
        raise MediaStorageError(f"the folder of pictures: {type(error).__name__}") from error


def _bytes_of(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None


def _old_files(folder: Path, before: float) -> list[str]:
    old = [file for file in folder.iterdir() if file.stat().st_mtime < before]
    for file in old:
        if not is_media_id(file.name):
            file.unlink()
    return [file.name for file in old if is_media_id(file.name)]


def _make_folder(path: Path) -> None:
    path.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
    path.chmod(_OWNER_ONLY)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
