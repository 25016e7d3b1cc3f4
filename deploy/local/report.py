"""What a stack tells whoever started it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Started:
    """A program answers, ``took_s`` seconds after it was launched."""

    name: str
    where: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """One step between the stores and the services is done."""

    what: str
    took_s: float


@dataclass(frozen=True, slots=True)
class Died:
    """A program ended by itself, or never got ready (no exit code).

    It is started again after ``pause_s`` seconds.
    """

    name: str
    exit_code: int | None
    pause_s: float
    last_lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class LeftoversEnded:
    """An earlier run was killed; what it left behind has been ended."""

    names: Sequence[str]


Happening: TypeAlias = Started | Prepared | Died | LeftoversEnded
Report: TypeAlias = Callable[[Happening], None]


def silent(_: Happening) -> None:
    """Say nothing."""
