"""Progress events of a stack, for its caller to display."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Started:
    """A program is ready, ``took_s`` seconds after its launch."""

    name: str
    address: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """A preparation step is complete, ``took_s`` seconds after the stores were ready."""

    step: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Died:
    """A program exited by itself, or never became ready.

    Attributes:
        exit_code: None when it runs but did not become ready.
        pause_s: Seconds until it is started again.
        last_lines: The end of its log.
    """

    name: str
    exit_code: int | None
    pause_s: float
    last_lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class LeftoversEnded:
    """Programs of an earlier, killed run were ended."""

    programs: Sequence[str]


StackEvent: TypeAlias = Started | Prepared | Died | LeftoversEnded
Report: TypeAlias = Callable[[StackEvent], None]


def ignore_events(_: StackEvent) -> None:
    """Discard the event."""
