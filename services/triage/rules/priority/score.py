"""Score of a report by itself: base of its kind, hazards, emergencies and downgrades."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.judgement import TextJudgement
from shared.vocabulary import MIN_SCORE, PriorityLevel, ScoreReason

MatchedConditions: TypeAlias = Mapping[str, str]
"""Evidence by condition: words of the report, or the code of the attribute that states it."""

# Stands for a phrase of danger that the rest of its text contradicts.
DOUBTFUL = "doubted"
_FIRST_HAZARD = 15
_NEXT_HAZARD = 5
_URGENT: PriorityLevel = "P2"
_MAX_HARMLESS: PriorityLevel = "P3"


def matched_conditions(judgement: TextJudgement) -> MatchedConditions:
    """Return the conditions that count, and the first that is doubted, if there is one."""
    doubted = next(iter(judgement.doubted.values()), None)
    if doubted is None:
        return judgement.conditions
    return {**judgement.conditions, DOUBTFUL: doubted}


class PriorityScore(NamedTuple):
    """Reasons whose points add up to the score; the score gives the level."""

    reasons: tuple[ScoreReason, ...]

    @property
    def score(self) -> int:
        """The sum of the points."""
        return sum([reason.points for reason in self.reasons])

    @property
    def level(self) -> PriorityLevel:
        """The level of the score."""
        return level_of(self.score)


def level_of(score: int) -> PriorityLevel:
    """Return the level of a score's band; the lower bound of each band is inclusive."""
    return next(level for level, least in MIN_SCORE.items() if score >= least)


class DetectedEmergency(NamedTuple):
    """A danger to life, with the words or the attribute as evidence."""

    code: str
    evidence: str


@dataclass(frozen=True, slots=True)
class GenericHazard:
    """A hazard under any kind, with the words or the attribute as evidence."""

    code: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Downgrade:
    """The reason that a report is less urgent than its kind, at most ``level``."""

    code: str
    level: PriorityLevel
    evidence: str


def detect_emergency(
    jurisdiction: Jurisdiction, service: ServiceType, conditions: MatchedConditions
) -> DetectedEmergency | None:
    """Return the danger to life in a report, whatever its outcome will be.

    The evidence is that of the most specific condition, or the kind when the kind is enough.
    """
    if not (conditions or service.implies or service.emergency):
        return None
    found = jurisdiction.emergency(service, conditions)
    if found is None:
        return None
    code, required = found
    evidence = next((conditions[c] for c in required if c in conditions), service.code)
    return DetectedEmergency(code, evidence)


def find_generic_hazard(
    city: Jurisdiction, service: ServiceType, conditions: MatchedConditions
) -> GenericHazard | None:
    """Return a plain hazard under a kind that has no such hazard of its own.

    People choose a wrong kind, or none: a fallen stop sign is urgent as a question too. A kind
    that is urgent by itself, or one of whose own hazard conditions is met, needs no other hazard.
    """
    if not conditions or service.priority <= _URGENT or service.is_hazard(conditions):
        return None
    found = city.hazard(conditions)
    if found is None:
        return None
    code, required = found
    return GenericHazard(code, conditions[required[0]])


def states_hazard(city: Jurisdiction, service: ServiceType, conditions: MatchedConditions) -> bool:
    """Return True when words or answers state a hazard, however urgent the kind is by itself."""
    if service.is_hazard(conditions) or city.hazard(conditions) is not None:
        return True
    _, evidence = city.emergency(service, conditions) or ("", ())
    return bool(evidence)


def find_downgrade(
    city: Jurisdiction, service: ServiceType, conditions: MatchedConditions
) -> Downgrade | None:
    """Return the reason that makes a report less urgent than its kind, or None.

    Nothing lowers a report that meets a hazard condition of its kind. Otherwise a harmless report
    is at most P3. A kind that is always a hazard is lowered only when the report is about another
    kind, and then to that kind's level, which is at most P3 too.
    """
    if any(code in conditions for code in service.hazard_conditions):
        return None
    for meant in service.alternatives:
        if meant.when in conditions and meant.unless.isdisjoint(conditions):
            level = max(city.services[meant.kind].priority, _MAX_HARMLESS)
            return Downgrade(downgrade_code(meant.kind), level, conditions[meant.when])
    for code in service.harmless:
        if code in conditions:
            return Downgrade(code, _MAX_HARMLESS, conditions[code])
    return None


def downgrade_code(kind: str) -> str:
    """Return the reason code for a report that is about another kind."""
    return f"meant_{kind.lower().replace('-', '_')}"


def score_priority(
    service: ServiceType,
    conditions: MatchedConditions,
    emergency: DetectedEmergency | None,
    adjustment: Downgrade | GenericHazard | None = None,
    *,
    is_other: bool = False,
) -> PriorityScore:
    """Return the priority of a report by itself.

    It starts with the base of its kind. The first hazard condition of the kind lifts it to P2 at
    least, each further one adds a little. An emergency lifts it to P1. Without an emergency, a
    generic hazard lifts it to P2, or a downgrade lowers it.

    Args:
        is_other: True when the kind stands for "none of the others"; the reasons say so.
    """
    reasons = [ScoreReason(f"base_{service.priority.lower()}", MIN_SCORE[service.priority])]
    if is_other:
        reasons.append(ScoreReason("classified_other", 0))
    if DOUBTFUL in conditions:
        reasons.append(ScoreReason("doubted", 0, conditions[DOUBTFUL]))
    for code in service.hazard_conditions:
        if code in conditions:
            is_first = all(reason.code not in service.hazard_conditions for reason in reasons)
            points = _lift(reasons, _URGENT) if is_first else _NEXT_HAZARD
            reasons.append(ScoreReason(code, points, conditions[code]))
    if emergency is not None:
        points = _lift(reasons, "P1")
        reasons.append(ScoreReason(f"emergency_{emergency.code}", points, emergency.evidence))
    elif adjustment is not None:
        reasons += _adjust(reasons, adjustment)
    return PriorityScore(tuple(reasons))


def _adjust(
    reasons: list[ScoreReason], adjustment: Downgrade | GenericHazard
) -> Sequence[ScoreReason]:
    if isinstance(adjustment, GenericHazard):
        points = _lift(reasons, _URGENT)
        return (ScoreReason(f"hazard_{adjustment.code}", points, adjustment.evidence),)
    points = MIN_SCORE[adjustment.level] - sum(reason.points for reason in reasons)
    return (ScoreReason(adjustment.code, points, adjustment.evidence),) if points < 0 else ()


def _lift(reasons: list[ScoreReason], level: PriorityLevel) -> int:
    return max(_FIRST_HAZARD, MIN_SCORE[level] - sum(reason.points for reason in reasons))
