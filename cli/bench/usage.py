"""Processor time and memory of the parts of the router."""

from dataclasses import dataclass

import psutil

_PARTS = {
    "kafka.Kafka": "kafka",
    "services.intake": "intake",
    "services.triage.surges": "surge watcher",
    "services.triage": "triage",
    "services.dispatch": "dispatch",
    "services.notify": "notify",
    "postgres": "postgres",
}


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time in seconds since the start, and resident memory in MiB."""

    cpu_s: float
    memory_mib: float


def usage() -> dict[str, Usage]:
    """Return the usage of each part among the descendants of this process."""
    found: dict[str, Usage] = {}
    for process in psutil.Process().children(recursive=True):
        try:
            part = _part(process.cmdline())
            times, memory = process.cpu_times(), process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        if part:
            before = found.get(part, Usage(0, 0))
            cpu_s = before.cpu_s + times.user + times.system
            found[part] = Usage(cpu_s, before.memory_mib + memory / 2**20)
    return found


def _part(command: list[str]) -> str | None:
    line = " ".join(command)
    return next((part for mark, part in _PARTS.items() if mark in line), None)
