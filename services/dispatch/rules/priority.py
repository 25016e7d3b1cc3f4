"""How urgent a case is."""

from dataclasses import dataclass

from shared.vocabulary import PriorityLevel, ScoreReason

_LEAST: dict[PriorityLevel, int] = {"P1": 80, "P2": 60, "P3": 40, "P4": 20, "P5": 0}


@dataclass(frozen=True, slots=True)
class Priority:
    """How urgent a case is, and why."""

    level: PriorityLevel
    score: int
    reasons: tuple[ScoreReason, ...] = ()

    def exceeds(self, other: "Priority") -> bool:
        """Whether it is the more urgent one: by its level, within a level by its score."""
        if self.level == other.level:
            return self.score > other.score
        return self.level < other.level

    def set_to(self, level: PriorityLevel, code: str, why: str) -> "Priority":
        """Return the least priority of a level, as a person set it; the points still add up."""
        least = _LEAST[level]
        return Priority(level, least, (*self.reasons, ScoreReason(code, least - self.score, why)))


@dataclass(frozen=True, slots=True)
class KnownPriority:
    """What an operator knew of a case who lowered it.

    Attributes:
        level: The greatest that it had.
        reasons: Codes of all reasons that had been given for it.
    """

    level: PriorityLevel
    reasons: frozenset[str]

    @classmethod
    def of(cls, priority: Priority, before: "KnownPriority | None" = None) -> "KnownPriority":
        """Return what is known by a priority, and by what was known before."""
        known = cls(priority.level, frozenset(point.code for point in priority.reasons))
        return known.and_also(before) if before else known

    def and_also(self, other: "KnownPriority") -> "KnownPriority":
        """Return what somebody knows who knows both."""
        return KnownPriority(min(self.level, other.level), self.reasons | other.reasons)

    def is_outdone_by(self, priority: Priority) -> bool:
        """Whether a priority is more urgent, or has a reason that was not known."""
        if priority.level < self.level:
            return True
        return any(p.points > 0 and p.code not in self.reasons for p in priority.reasons)
