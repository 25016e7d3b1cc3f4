"""Log files of programs, with the services' JSON lines rendered as text."""

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
        """Return the last lines since the launch as text; empty if the file cannot be read."""
        try:
            with self.path.open("rb") as log:
                end = log.seek(0, os.SEEK_END)
                log.seek(max(self._launch_offset, end - _TAIL_BYTES))
                lines = log.read().decode(errors="replace").splitlines()
        except OSError:
            return []
        return [part for line in lines[-count:] for part in readable(line).splitlines()]


def readable(line: str) -> str:
    """Render one JSON log line as plain text; any other line is unchanged. Never raises."""
    try:
        entry = json.loads(line)
        if not isinstance(entry, dict) or "event" not in entry:
            return line
        return _headline(entry) + _exception(entry.get("exception"), "\n  ")
    except (ValueError, RecursionError):  # no JSON, or JSON that is nested too deeply
        return line


def _headline(entry: dict[str, Any]) -> str:
    time_of_day = str(entry.get("timestamp", ""))[11:19]
    fields = [f"{name}={value}" for name, value in entry.items() if name not in _KNOWN_FIELDS]
    words = [time_of_day, str(entry.get("level", "")), str(entry["event"]), *fields]
    return " ".join(word for word in words if word)


def _exception(logged: Any, start: str) -> str:  # noqa: ANN401 - any JSON value
    if isinstance(logged, list):
        return "".join(_error(each, start) for each in logged)
    return start + str(logged) if logged else ""


def _error(error: Any, start: str) -> str:  # noqa: ANN401 - any JSON value
    if not isinstance(error, dict):
        return start + str(error)
    message = f": {error['message']}" if "message" in error else ""
    frames, parts = error.get("frames"), error.get("errors")
    place = f" ({frames[-1]})" if isinstance(frames, list) and frames else ""
    grouped = parts if isinstance(parts, list) else []
    return f"{start}{error.get('type')}{message}{place}" + "".join(
        _exception(each, f"{start}  ") for each in grouped
    )
