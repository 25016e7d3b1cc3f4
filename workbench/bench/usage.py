"""Processor time and memory of the parts of the router."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import psutil

_PARTS = {
    "kafka.Kafka": "kafka",
    "services.insight": "insight",
    "services.intake": "intake",
    "services.triage.surges": "surge watcher",
    "services.triage": "triage",
    "services.dispatch": "dispatch",
    "services.notify": "notify",
    "deploy.local.mail": "mail sink",
    "postgres": "postgres",
}
_ROLE = "postgres: route311_"
BENCHMARK = "benchmark"


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor time in seconds since the start, and resident memory in MiB."""

    cpu_s: float
    memory_mib: float

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(self.cpu_s + other.cpu_s, self.memory_mib + other.memory_mib)


@dataclass(frozen=True, slots=True)
class ProcessUsage:
    """Usage of one process.

    Attributes:
        part: Part of the router that it belongs to; ``benchmark`` for this process.
        role: Service that a process of PostgreSQL works for; empty for all others.
    """

    part: str
    role: str
    usage: Usage


def process_usage() -> dict[int, ProcessUsage]:
    """Return the usage of this process and of its descendants that are a part, by process id."""
    this = psutil.Process()
    found: dict[int, ProcessUsage] = {}
    for process in (this, *this.children(recursive=True)):
        try:
            command = " ".join(process.cmdline())
            times, memory = process.cpu_times(), process.memory_info().rss
        except psutil.NoSuchProcess:
            continue
        part = BENCHMARK if process == this else part_of(command)
        if part:
            used = Usage(times.user + times.system, memory / 2**20)
            found[process.pid] = ProcessUsage(part, role_of(command), used)
    return found


def router_usage_since(before: Mapping[int, ProcessUsage]) -> dict[str, Usage]:
    """Return what each part of the router used since a moment; memory is that of now."""
    return router_usage(used_since(before, process_usage()))


def router_usage(processes: Iterable[ProcessUsage]) -> dict[str, Usage]:
    """Return the sums by part, without the benchmark's own process."""
    return usage_by_part(process for process in processes if process.part != BENCHMARK)


def usage_by_part(processes: Iterable[ProcessUsage]) -> dict[str, Usage]:
    """Return the sums by part."""
    found: dict[str, Usage] = {}
    for process in processes:
        found[process.part] = found.get(process.part, Usage(0, 0)) + process.usage
    return found


def used_since(
    before: Mapping[int, ProcessUsage], now: Mapping[int, ProcessUsage]
) -> list[ProcessUsage]:
    """Return the usage by process since a moment; memory is that of now."""
    return [
        ProcessUsage(
            process.part,
            process.role,
            Usage(
                process.usage.cpu_s - (before[pid].usage.cpu_s if pid in before else 0.0),
                process.usage.memory_mib,
            ),
        )
        for pid, process in now.items()
    ]


def part_of(command: str) -> str | None:
    """Return the part of the router that a command line belongs to; None for other programs."""
    return next((part for mark, part in _PARTS.items() if mark in command), None)


def role_of(command: str) -> str:
    """Return the service that a process of PostgreSQL works for, by the title that it has."""
    _, found, rest = command.partition(_ROLE)
    return rest.split()[0] if found and rest else ""
