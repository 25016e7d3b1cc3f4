"""How urgent a case is."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["P1", "P2", "P3", "P4", "P5"]

URGENT: frozenset[Level] = frozenset({"P1", "P2"})


@dataclass(frozen=True, slots=True)
class Point:
    """One named reason for a priority and what it adds to the score."""

    code: str
    points: int
    evidence: str | None = None


@dataclass(frozen=True, slots=True)
class Priority:
    """How urgent a case is, and why."""

    level: Level
    score: int
    reasons: tuple[Point, ...] = ()

    def exceeds(self, other: "Priority") -> bool:
        """Whether it is the more urgent one: by its level, within a level by its score."""
        if self.level == other.level:
            return self.score > other.score
        return self.level < other.level
