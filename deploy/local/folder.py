"""The data folder of one stack: its layout and its lock."""

import asyncio
import fcntl
import json
import os
import shutil
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TextIO

from deploy.local.errors import StackError

_LOCK_FILE = "route311.lock"  # also marks a folder as made by us
_OWNER_ONLY = 0o700
_UMASK = 0o077
_LOCK_ATTEMPTS, _LOCK_RETRY_S = 3, 0.02
_LOCK_POLL_S = 0.1


class DataFolder:
    """Paths in the folder where one stack keeps its data.

    Everything in it belongs to route311, and only the folder's owner can read it: it holds
    contacts, passwords and keys.

    Attributes:
        logs: One log file per program.
        processes: One record per process started from here.
        mail: Every message that the mail sink accepted.
        sms: Every message that the SMS provider accepted.
        media: The pictures that intake keeps.
        open_data: The files that intake serves to the public.
        postgres: The database cluster, or a link to it.
        kafka: The broker's settings and log segments.
        stream: Tables of the surge watcher, kept by Faust.
        stack_file: Addresses and keys of a running router.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.logs = path / "logs"
        self.processes = path / "processes"
        self.mail = path / "mail"
        self.sms = path / "sms"
        self.media = path / "media"
        self.open_data = path / "open-data"
        self.postgres = path / "postgres"
        self.kafka = path / "kafka"
        self.stream = path / "triage-stream"
        self.stack_file = path / "stack.json"

    def create_subfolders(self) -> None:
        """Create the subfolders that every stack has, for their owner alone; idempotent."""
        for folder in (self.logs, self.processes, self.mail, self.sms):
            folder.mkdir(exist_ok=True)
            folder.chmod(_OWNER_ONLY)


@contextmanager
def open_folder(path: Path) -> Generator[DataFolder, None, None]:
    """Create the folder if missing, and lock it against every other stack.

    The lock is the kernel's (``flock``): it ends with this process, however the process ends.
    Until the folder is closed again, files of this process and its children are private to their
    owner, like the folder.

    Raises:
        StackError: Another stack runs here, or the folder contains foreign files.
    """
    path = path.absolute()
    _refuse_foreign(path)
    path.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    path.chmod(_OWNER_ONLY)
    with _owner_only_files(), (path / _LOCK_FILE).open("a") as lock:
        if not _try_lock(lock, fcntl.LOCK_EX):
            raise StackError(f"a router is already running in {path}; stop it first")
        folder = DataFolder(path)
        folder.stack_file.unlink(missing_ok=True)  # of a run that was killed
        folder.create_subfolders()
        yield folder


@contextmanager
def _owner_only_files() -> Generator[None, None, None]:
    umask = os.umask(_UMASK)
    try:
        yield
    finally:
        os.umask(umask)


def is_in_use(path: Path) -> bool:
    """Return True when a stack in any process has the folder open."""
    try:
        with (path / _LOCK_FILE).open() as lock:
            return not _try_lock(lock, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def empty_folder(folder: DataFolder) -> None:
    """Delete everything in an opened folder except its lock."""
    for entry in folder.path.iterdir():
        if entry.name == _LOCK_FILE:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    folder.create_subfolders()


@asynccontextmanager
async def locked(lock_file: Path) -> AsyncGenerator[None]:
    """Hold an exclusive lock between processes."""
    with lock_file.open("a") as lock:
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_POLL_S)
        yield


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401 - any JSON value
    """Replace a JSON file, which only its owner can read."""
    write_secret(path, json.dumps(value, indent=2))


def write_secret(path: Path, text: str) -> None:
    """Replace a file atomically; only its owner can read it."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    new.replace(path)


def _try_lock(lock: TextIO, kind: int) -> bool:
    """Try a few times: ``is_in_use`` of another process takes the lock for a moment, too."""
    for _ in range(_LOCK_ATTEMPTS):
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_LOCK_RETRY_S)
        else:
            return True
    return False


def _refuse_foreign(path: Path) -> None:
    if path.is_dir() and not (path / _LOCK_FILE).exists() and any(path.iterdir()):
        raise StackError(f"{path} is not empty and was not made by route311; choose another folder")
