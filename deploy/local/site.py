"""The locked data folder of a running stack, with its ports and credentials."""

import json
import secrets
import socket
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.folder import DataFolder, empty_folder, open_folder, write_json
from deploy.local.postgres_files import remove_cluster
from deploy.local.process import end_leftovers
from deploy.local.readiness import LOOPBACK
from deploy.local.report import LeftoversEnded, Report, ignore_events

# Below Linux's range for outgoing connections (32768 up): one of those could otherwise take our
# port while its program restarts.
_MIN_PORT, _MAX_PORT = 20_000, 32_767
_PORT_ATTEMPTS = 200
_SECRET_BYTES = 24


class Ports:
    """The ports of one stack by program name, saved to a file and stable across runs."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._ports: dict[str, int] = {}
        with suppress(FileNotFoundError, json.JSONDecodeError):
            self._ports = json.loads(file.read_text())

    def port(self, name: str) -> int:
        """Return the saved port if it is free, else a new one; StackError if none is free."""
        saved = self._ports.get(name)
        if saved is None or not is_port_free(saved):
            self._ports[name] = self._choose()
            write_json(self._file, self._ports)
        return self._ports[name]

    def _choose(self) -> int:
        for _ in range(_PORT_ATTEMPTS):
            port = _MIN_PORT + secrets.randbelow(_MAX_PORT - _MIN_PORT + 1)
            if port not in self._ports.values() and is_port_free(port):
                return port
        raise StackError(f"no free port between {_MIN_PORT} and {_MAX_PORT}")


def is_port_free(port: int) -> bool:
    """Return True when a server could listen on this port of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


class Credentials:
    """Random secrets of one stack by name, created on first use, in a private file."""

    def __init__(self, folder: DataFolder) -> None:
        self._file = folder.path / "credentials.json"
        self._secrets = _read_secrets(self._file)

    def get(self, name: str) -> str:
        """Return the secret of that name: letters, digits, ``-`` and ``_``."""
        if name not in self._secrets:
            self._secrets[name] = secrets.token_urlsafe(_SECRET_BYTES)
            write_json(self._file, self._secrets)
        return self._secrets[name]


def _read_secrets(file: Path) -> dict[str, str]:
    if not file.exists():
        return {}
    try:
        return {str(name): str(value) for name, value in json.loads(file.read_text()).items()}
    except (json.JSONDecodeError, AttributeError):
        raise StackError(f"{file} is damaged; `--fresh` starts over without it") from None


@dataclass(frozen=True, slots=True)
class Site:
    """The resources that every program of a stack shares."""

    folder: DataFolder
    ports: Ports
    credentials: Credentials
    report: Report


@asynccontextmanager
async def open_site(
    data: Path, *, fresh: bool = False, report: Report = ignore_events
) -> AsyncGenerator[Site, None]:
    """Lock the data folder, optionally empty it, and end processes of an earlier run."""
    with open_folder(data) as folder:
        if programs := await end_leftovers(folder):
            report(LeftoversEnded(programs))
        if fresh:
            remove_cluster(folder)
            empty_folder(folder)
        yield Site(folder, Ports(folder.path / "ports.json"), Credentials(folder), report)
