"""Which port each program of a stack listens on, the same from run to run where possible."""

import json
import random
import socket
from contextlib import suppress
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.files import write_json

LOOPBACK = "127.0.0.1"
# Below the range from which Linux takes ports for outgoing connections, which would otherwise
# take one of ours while its program restarts.
_LOWEST, _HIGHEST = 20_000, 32_767
_TRIES = 200


def is_free(port: int) -> bool:
    """Tell whether a server could listen on the port of the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


class Ports:
    """The ports of one stack, kept in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._kept: dict[str, int] = {}
        with suppress(FileNotFoundError, json.JSONDecodeError):
            self._kept = json.loads(file.read_text())

    def port(self, name: str) -> int:
        """Return the port of the last run while it is free, else another one, which is kept.

        Raises:
            StackError: No free port was found.
        """
        kept = self._kept.get(name)
        if kept is None or not is_free(kept):
            self._kept[name] = self._choose()
            write_json(self._file, self._kept)
        return self._kept[name]

    def _choose(self) -> int:
        for _ in range(_TRIES):
            port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - no secret
            if port not in self._kept.values() and is_free(port):
                return port
        raise StackError(f"no free port between {_LOWEST} and {_HIGHEST}")
