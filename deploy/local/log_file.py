"""The file that a program's output goes to."""

import os
from pathlib import Path
from typing import BinaryIO

from deploy.local.log_lines import readable

_LIMIT_BYTES = 5 * 1024 * 1024
_TAIL_BYTES = 64 * 1024


class LogFile:
    """Output of one program over all its launches; a long file is put aside at a launch."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._launched_at_byte = 0

    def open(self) -> BinaryIO:
        """Open the file for the output of a new launch."""
        if self.path.exists() and self.path.stat().st_size > _LIMIT_BYTES:
            self.path.replace(self.path.with_suffix(".log.1"))
        log = self.path.open("ab")
        self._launched_at_byte = log.tell()
        return log

    def last_lines(self, count: int) -> list[str]:
        """Return what was written last since the launch, in readable form."""
        with self.path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._launched_at_byte, end - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return [part for line in lines[-count:] for part in readable(line).splitlines()]
