"""The data folder of one stack: what lies where, and who may use it now."""

import fcntl
import shutil
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from deploy.local.errors import StackError

_LOCK = "route311.lock"  # also the mark of a folder that is ours
_TRIES, _PAUSE_S = 3, 0.02


@dataclass(frozen=True, slots=True)
class DataFolder:
    """Where one stack keeps its data; everything in it belongs to route311."""

    path: Path

    @property
    def logs(self) -> Path:
        """One file per program."""
        return self.path / "logs"

    @property
    def processes(self) -> Path:
        """One record per process that was started from here."""
        return self.path / "processes"

    @property
    def mail(self) -> Path:
        """Every message that the mail sink took."""
        return self.path / "mail"

    @property
    def postgres(self) -> Path:
        """The database cluster, or a link to where it lives."""
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
        """Where to reach a running router."""
        return self.path / "stack.json"


@contextmanager
def open_folder(path: Path) -> Generator[DataFolder, None, None]:
    """Make the folder where there is none, and keep every other stack out of it.

    The kernel gives the folder free when this process ends, however it ends.

    Raises:
        StackError: Another stack runs here, or the folder holds something that is not ours.
    """
    path = path.absolute()
    _refuse_foreign(path)
    path.mkdir(parents=True, exist_ok=True)
    path = path.resolve()
    with (path / _LOCK).open("a") as lock:
        if not _locked(lock, fcntl.LOCK_EX):
            raise StackError(f"a router is already running in {path}; stop it first")
        folder = DataFolder(path)
        folder.stack_file.unlink(missing_ok=True)  # of a run that was killed
        for part in (folder.logs, folder.processes, folder.mail):
            part.mkdir(exist_ok=True)
        yield folder


def in_use(path: Path) -> bool:
    """Tell whether a stack has the folder open now, in whatever process."""
    try:
        with (path / _LOCK).open() as lock:
            return not _locked(lock, fcntl.LOCK_SH)
    except FileNotFoundError:
        return False


def clear(folder: DataFolder) -> None:
    """Delete everything in an opened folder."""
    for entry in folder.path.iterdir():
        if entry.name == _LOCK:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    for part in (folder.logs, folder.processes, folder.mail):
        part.mkdir()


def _locked(lock: TextIO, kind: int) -> bool:
    """Try for a moment, for somebody may just be asking whether the folder is in use."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(lock, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(_PAUSE_S)
        else:
            return True
    return False


def _refuse_foreign(path: Path) -> None:
    if path.is_dir() and not (path / _LOCK).exists() and any(path.iterdir()):
        raise StackError(f"{path} is not empty and was not made by route311; choose another folder")
