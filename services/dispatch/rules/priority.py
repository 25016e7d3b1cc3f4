"""Priority of a case, and the priority that an operator knew when lowering it."""

from dataclasses import dataclass

from shared.vocabulary import MIN_SCORE, PriorityLevel, ScoreReason


@dataclass(frozen=True, slots=True)
class CasePriority:
    """A priority level with its score and the reasons whose points add up to that score."""

    level: PriorityLevel
    score: int
    reasons: tuple[ScoreReason, ...] = ()

    def exceeds(self, other: "CasePriority") -> bool:
        """Return True when it is more urgent: by level, within one level by score."""
        if self.level == other.level:
            return self.score > other.score
        return self.level < other.level

    def set_to(self, level: PriorityLevel, code: str, why: str) -> "CasePriority":
        """Return the lowest score of a level, with one more reason for the difference.

        Args:
            why: The operator's words; they become the evidence of the reason.
        """
        score = MIN_SCORE[level]
        reason = ScoreReason(code, score - self.score, why)
        return CasePriority(level, score, (*self.reasons, reason))


@dataclass(frozen=True, slots=True)
class KnownPriority:
    """Highest level and all reasons of a case up to the moment when an operator lowered it."""

    level: PriorityLevel
    reasons: frozenset[str]

    @classmethod
    def of(cls, priority: CasePriority, before: "KnownPriority | None" = None) -> "KnownPriority":
        """Return the present priority as known, merged with one known earlier."""
        known = cls(priority.level, frozenset(reason.code for reason in priority.reasons))
        return known.merge(before) if before else known

    def merge(self, other: "KnownPriority") -> "KnownPriority":
        """Return the higher level of both, with the reasons of both."""
        return KnownPriority(min(self.level, other.level), self.reasons | other.reasons)

    def is_exceeded_by(self, priority: CasePriority) -> bool:
        """Return True when a priority has a higher level or a new reason with positive points."""
        if priority.level < self.level:
            return True
        return any(r.points > 0 and r.code not in self.reasons for r in priority.reasons)
