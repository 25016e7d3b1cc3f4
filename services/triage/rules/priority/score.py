"""How urgent a report is, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from services.triage.rules.priority.conditions import DOUBTFUL, MatchedConditions
from shared.catalogue import Jurisdiction, ServiceType
from shared.vocabulary import MIN_SCORE, PriorityLevel, ScoreReason

_FIRST_HAZARD = 15
_NEXT_HAZARD = 5


class PriorityScore(NamedTuple):
    """The points add up to the score, and the score gives the level."""

    points: tuple[ScoreReason, ...]

    @property
    def score(self) -> int:
        """The sum of the points."""
        return sum(point.points for point in self.points)

    @property
    def level(self) -> PriorityLevel:
        """The level of the score's band; the lower bound of each band is included."""
        score = self.score
        return next(level for level, least in MIN_SCORE.items() if score >= least)


class DetectedEmergency(NamedTuple):
    """A danger to life, and the words or the answer that say so."""

    code: str
    evidence: str


def detect_emergency(
    jurisdiction: Jurisdiction, service: ServiceType, met: MatchedConditions
) -> DetectedEmergency | None:
    """Return the danger to life that a report tells of, whatever else becomes of the report.

    Its evidence is the most telling of what the report says, or the kind where that is enough.
    """
    if not (met or service.implies or service.emergency):
        return None
    found = jurisdiction.emergency(service, met)
    if found is None:
        return None
    code, conditions = found
    evidence = next((met[c] for c in conditions if c in met), service.code)
    return DetectedEmergency(code, evidence)


_LEAST_URGENT: PriorityLevel = "P2"


@dataclass(frozen=True, slots=True)
class GenericHazard:
    """A hazard that is one under any kind, and the words or the answer that say so."""

    code: str
    evidence: str


def generic_hazard_in(
    city: Jurisdiction, service: ServiceType, met: MatchedConditions
) -> GenericHazard | None:
    """Return the hazard that a report plainly tells of under a kind that knows none like it.

    People choose a wrong kind, or none: a fallen stop sign is urgent as a question too. A kind that
    is urgent by itself, or that meets a hazard condition of its own, needs no other hazard.

    Args:
        city: Whose hazards they are.
        service: Kind of the report.
        met: Conditions that the report states.
    """
    if not met or service.priority <= _LEAST_URGENT or service.is_hazard(met):
        return None
    found = city.hazard(met)
    if found is None:
        return None
    code, conditions = found
    return GenericHazard(code, met[conditions[0]])


_MOST_URGENT_HARMLESS: PriorityLevel = "P3"


@dataclass(frozen=True, slots=True)
class Downgrade:
    """Why a report is less urgent than its kind, and the level that it has at most."""

    code: str
    level: PriorityLevel
    evidence: str


def downgrade_of(
    city: Jurisdiction, service: ServiceType, met: MatchedConditions
) -> Downgrade | None:
    """Return what makes a report less urgent than its kind, or None.

    A report that meets a hazard condition of its kind is lowered by nothing. Else a harmless case
    is at most P3. A kind that is always a hazard is lowered only where the report shows that it is
    about another kind, and then to that kind's level, which is at most P3 too.

    Args:
        city: Whose kinds they are.
        service: Kind of the report.
        met: Conditions that the report states.
    """
    if any(code in met for code in service.hazard_conditions):
        return None
    for meant in service.alternatives:
        if meant.when in met and meant.unless.isdisjoint(met):
            level = max(city.services[meant.kind].priority, _MOST_URGENT_HARMLESS)
            return Downgrade(
                f"meant_{meant.kind.lower().replace('-', '_')}", level, met[meant.when]
            )
    for code in service.harmless:
        if code in met:
            return Downgrade(code, _MOST_URGENT_HARMLESS, met[code])
    return None


def score_priority(
    service: ServiceType,
    met: MatchedConditions,
    danger: DetectedEmergency | None,
    change: Downgrade | GenericHazard | None = None,
    *,
    is_other: bool = False,
) -> PriorityScore:
    """Return how urgent a report is.

    It starts with the base of its kind. The first hazard condition of the kind that is met lifts
    it to P2 at least, each further one adds a little, and a danger to life lifts it to P1. Where
    the kind knows no such hazard, one that is a hazard under any kind lifts it to P2. Without a
    danger, what shows that the report is harmless lowers it.

    Args:
        service: Kind of the report.
        met: Conditions that the report states.
        danger: Danger to life in it.
        change: What shows that it is less urgent than its kind, or that it is a hazard of which
            the kind knows nothing.
        is_other: Whether the kind stands for "none of the others", which the reasons then say.
    """
    points = [ScoreReason(f"base_{service.priority.lower()}", MIN_SCORE[service.priority])]
    if is_other:
        points.append(ScoreReason("classified_other", 0))
    if DOUBTFUL in met:
        points.append(ScoreReason("doubted", 0, met[DOUBTFUL]))
    for code in service.hazard_conditions:
        if code in met:
            first = all(point.code not in service.hazard_conditions for point in points)
            added = _lift(points, "P2") if first else _NEXT_HAZARD
            points.append(ScoreReason(code, added, met[code]))
    if danger is not None:
        points.append(ScoreReason(f"emergency_{danger.code}", _lift(points, "P1"), danger.evidence))
    elif change is not None:
        points += _changed(points, change)
    return PriorityScore(tuple(points))


def _changed(points: list[ScoreReason], change: Downgrade | GenericHazard) -> Sequence[ScoreReason]:
    if isinstance(change, GenericHazard):
        return (ScoreReason(f"hazard_{change.code}", _lift(points, "P2"), change.evidence),)
    added = MIN_SCORE[change.level] - sum(point.points for point in points)
    return (ScoreReason(change.code, added, change.evidence),) if added < 0 else ()


def _lift(points: list[ScoreReason], level: PriorityLevel) -> int:
    return max(_FIRST_HAZARD, MIN_SCORE[level] - sum(point.points for point in points))
