"""How urgent a case is."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["P1", "P2", "P3", "P4", "P5"]

URGENT: frozenset[Level] = frozenset({"P1", "P2"})
_LEAST: dict[Level, int] = {"P1": 80, "P2": 60, "P3": 40, "P4": 20, "P5": 0}


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

    def set_to(self, level: Level, code: str, why: str) -> "Priority":
        """Return the least priority of a level, as a person set it; the points still add up."""
        least = _LEAST[level]
        return Priority(level, least, (*self.reasons, Point(code, least - self.score, why)))


@dataclass(frozen=True, slots=True)
class Known:
    """What an operator knew of a case who lowered it.

    Attributes:
        level: The greatest that it had.
        reasons: Codes of all reasons that had been given for it.
    """

    level: Level
    reasons: frozenset[str]

    @classmethod
    def of(cls, priority: Priority, before: "Known | None" = None) -> "Known":
        """Return what is known by a priority, and by what was known before."""
        known = cls(priority.level, frozenset(point.code for point in priority.reasons))
        return known.and_also(before) if before else known

    def and_also(self, other: "Known") -> "Known":
        """Return what somebody knows who knows both."""
        return Known(min(self.level, other.level), self.reasons | other.reasons)

    def is_outdone_by(self, priority: Priority) -> bool:
        """Whether a priority is more urgent, or has a reason that was not known."""
        if priority.level < self.level:
            return True
        return any(p.points > 0 and p.code not in self.reasons for p in priority.reasons)
