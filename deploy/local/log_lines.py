"""Log lines of the services, made for the eye."""

import json
from typing import Any

_HEAD = ("timestamp", "level", "event", "exception", "service", "logger")


def readable(line: str) -> str:
    """Turn one JSON log line into plain words; any other line stays as it is."""
    try:
        entry = json.loads(line)
    except json.JSONDecodeError:
        return line
    if not isinstance(entry, dict) or "event" not in entry:
        return line
    moment = str(entry.get("timestamp", ""))[11:19]
    fields = [f"{name}={value}" for name, value in entry.items() if name not in _HEAD]
    words = [moment, str(entry.get("level", "")), str(entry["event"]), *fields]
    return " ".join(word for word in words if word) + _raised(entry.get("exception"))


def _raised(exception: Any) -> str:  # noqa: ANN401 - text or a list of mappings, as logged
    if isinstance(exception, str):
        return "\n" + exception
    if not isinstance(exception, list):
        return ""
    return "".join(_cause(cause) for cause in exception if isinstance(cause, dict))


def _cause(cause: dict[str, Any]) -> str:
    text = f"\n  {cause.get('exc_type')}: {cause.get('exc_value')}"
    frames = cause.get("frames")
    if not frames:
        return text
    last = frames[-1]
    return f"{text} ({last.get('filename')}:{last.get('lineno')} in {last.get('name')})"
