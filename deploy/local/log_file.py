"""Log files of programs, with the services' JSON lines rendered for people."""

import json
import os
from pathlib import Path
from typing import Any, BinaryIO

_MAX_BYTES = 5 * 1024 * 1024
_TAIL_BYTES = 64 * 1024
_KNOWN_FIELDS = ("timestamp", "level", "event", "exception", "service", "logger")


class LogFile:
    """The output of one program over all its launches; rotated at a launch above 5 MiB."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._launch_offset = 0

    def open(self) -> BinaryIO:
        """Open the file for the output of a new launch."""
        if self.path.exists() and self.path.stat().st_size > _MAX_BYTES:
            self.path.replace(self.path.with_suffix(".log.1"))
        log = self.path.open("ab")
        self._launch_offset = log.tell()
        return log

    def last_lines(self, count: int) -> list[str]:
        """Return the last ``count`` lines since the launch, rendered for people."""
        with self.path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._launch_offset, end - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        return [part for line in lines[-count:] for part in readable(line).splitlines()]


def readable(line: str) -> str:
    """Render one JSON log line as plain text; return any other line unchanged."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return line
    if not isinstance(entry, dict) or "event" not in entry:
        return line
    time_of_day = str(entry.get("timestamp", ""))[11:19]
    fields = [f"{name}={value}" for name, value in entry.items() if name not in _KNOWN_FIELDS]
    words = [time_of_day, str(entry.get("level", "")), str(entry["event"]), *fields]
    return " ".join(word for word in words if word) + _exceptions(entry.get("exception"))


def _exceptions(exception: Any) -> str:  # noqa: ANN401 - text or a list of mappings, as logged
    if isinstance(exception, str):
        return "\n" + exception
    if not isinstance(exception, list):
        return ""
    return "".join(_exception(each) for each in exception if isinstance(each, dict))


def _exception(exception: dict[str, Any]) -> str:
    text = f"\n  {exception.get('exc_type')}: {exception.get('exc_value')}"
    frames = exception.get("frames")
    if not frames:
        return text
    last = frames[-1]
    return f"{text} ({last.get('filename')}:{last.get('lineno')} in {last.get('name')})"
