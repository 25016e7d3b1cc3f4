"""Bottleneck of a run: the machine, one process, or neither."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

_SATURATED = 0.9
"""Share of its processors from which on something is saturated."""
_NAMED = 3
_MANY_THREADS = frozenset({"kafka"})
"""Parts whose process can use more than one core."""


class Running(NamedTuple):
    """A process, and the cores that it kept busy on average."""

    part: str
    cores: float


@dataclass(frozen=True, slots=True)
class Bottleneck:
    """The saturated resource of a run.

    Attributes:
        name: ``machine``, a part of the router, ``benchmark``, or ``none``.
        reason: The figures that show it, as a sentence.
    """

    name: str
    reason: str


def find_bottleneck(processes: Sequence[Running], busy: float, cores: int) -> Bottleneck:
    """Name what was saturated.

    A machine without idle processors comes first: then no process shows what it could do alone.

    Args:
        processes: All processes of the run, the benchmark's own included.
        busy: Cores that all programs of the machine kept busy on average.
    """
    ours = sum(process.cores for process in processes)
    if busy >= _SATURATED * cores:
        parts: defaultdict[str, float] = defaultdict(float)
        for process in processes:
            parts[process.part] += process.cores
        most = sorted(parts, key=lambda part: -parts[part])[:_NAMED]
        return Bottleneck(
            "machine",
            f"{busy:.2f} of {cores} cores busy, {max(0.0, busy - ours):.2f} of them with other "
            f"programs; most used: {', '.join(f'{part} {parts[part]:.2f}' for part in most)}",
        )
    single = [process for process in processes if process.part not in _MANY_THREADS]
    busiest = max(single, key=lambda process: process.cores, default=Running("", 0.0))
    if busiest.cores >= _SATURATED:
        return Bottleneck(
            busiest.part, f"one process of {busiest.part} kept {busiest.cores:.2f} of a core busy"
        )
    return Bottleneck(
        "none",
        f"{busy:.2f} of {cores} cores busy, and no process more than {busiest.cores:.2f}: "
        "it waited for the disk, or for each other",
    )
