"""The data folder of one stack: its layout and its lock."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from deploy.local.errors import StackError

_LOCK_FILE = "route311.lock"  # also marks a folder as made by us
_LOCK_ATTEMPTS, _LOCK_RETRY_S = 3, 0.02


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Paths in the folder where one stack keeps its data; everything in it belongs to route311."""

    path: Path

    @property
    def logs(self) -> Path:
        """One log file per program."""
        return self.path / "logs"

    @property
    def processes(self) -> Path:
        """One record per process started from here."""
        return self.path / "processes"

    @property
    def mail(self) -> Path:
        """Every message that the mail sink accepted."""
        return self.path / "mail"

    @property
    def postgres(self) -> Path:
        """The database cluster, or a link to it."""
        return self.path / "postgres"

    @property
    def kafka(self) -> Path:
        """The broker's settings and log segments."""
        return self.path / "kafka"

    @property
    def stream(self) -> Path:
        """The surge watcher's tables."""
        return self.path / "triage-stream"

    @property
    def stack_file(self) -> Path:
        """Addresses and keys of a running router."""
        return self.path / "stack.json"

    def create_subfolders(self) -> None:
        """Create the subfolders that every stack has; idempotent."""
        for folder in (self.logs, self.processes, self.mail):
            folder.mkdir(exist_ok=True)


@contextmanager
def open_folder(path: Path) -> Generator[DataFolder, None, None]:
    """Create the folder if missing, and lock it against every other stack.

    The lock is the kernel's (``flock``): it ends with this process, however the process ends.

    Raises:
        StackError: Another stack runs here, or the folder contains something that is not ours.
    """
    path = path.absolute()
    _refuse_foreign(path)
    path.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    with (path / _LOCK_FILE).open("a") as lock:
        if not _try_lock(lock, fcntl.LOCK_EX):
            raise StackError(f"a router is already running in {path}; stop it first")
        folder = DataFolder(path)
        folder.stack_file.unlink(missing_ok=True)  # of a run that was killed
        folder.create_subfolders()
        yield folder


def is_in_use(path: Path) -> bool:
    """Return True when a stack, in whatever process, has the folder open now."""
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


def write_json(path: Path, value: Any, mode: int = 0o644) -> None:  # noqa: ANN401 - any JSON value
    """Replace a JSON file atomically: a reader sees the old or the new file, never half of one.

    Args:
        path: The file.
        value: Any JSON value.
        mode: Permission bits of the new file.
    """
    _write(path, json.dumps(value, indent=2), mode)


def write_secret(path: Path, text: str) -> None:
    """Replace a file that only its owner can read."""
    _write(path, text, 0o600)


def _write(path: Path, text: str, mode: int) -> None:
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
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
