"""How urgent a report is, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from services.triage.rules.priority.conditions import DOUBTED, Met
from shared.catalogue import Jurisdiction, ServiceType
from shared.catalogue.service_type import Priority

Level = Literal["P1", "P2", "P3", "P4", "P5"]

LEAST: dict[Level, int] = {"P1": 80, "P2": 60, "P3": 40, "P4": 20, "P5": 0}
"""The lowest score of each level."""

_FIRST_HAZARD = 15
_NEXT_HAZARD = 5


class Point(NamedTuple):
    """One named reason and what it adds to the score."""

    code: str
    points: int
    evidence: str | None = None


class Urgency(NamedTuple):
    """The points add up to the score, and the score gives the level."""

    points: tuple[Point, ...]

    @property
    def score(self) -> int:
        """The sum of the points."""
        return sum(point.points for point in self.points)

    @property
    def level(self) -> Level:
        """The level of the score's band; the lower bound of each band is included."""
        score = self.score
        return next(level for level, least in LEAST.items() if score >= least)


class Danger(NamedTuple):
    """A danger to life, and the words or the answer that say so."""

    code: str
    evidence: str


def danger_in(jurisdiction: Jurisdiction, service: ServiceType, met: Met) -> Danger | None:
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
    return Danger(code, evidence)


_LEAST_URGENT: Priority = "P2"


@dataclass(frozen=True, slots=True)
class PlainHazard:
    """A hazard that is one under any kind, and the words or the answer that say so."""

    code: str
    evidence: str


def plain_hazard_in(city: Jurisdiction, service: ServiceType, met: Met) -> PlainHazard | None:
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
    return PlainHazard(code, met[conditions[0]])


_MOST_URGENT_HARMLESS: Priority = "P3"


@dataclass(frozen=True, slots=True)
class Lowering:
    """Why a report is less urgent than its kind, and the level that it has at most."""

    code: str
    level: Priority
    evidence: str


def lowering_of(city: Jurisdiction, service: ServiceType, met: Met) -> Lowering | None:
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
    for meant in service.meant:
        if meant.when in met and meant.unless.isdisjoint(met):
            level = max(city.services[meant.kind].priority, _MOST_URGENT_HARMLESS)
            return Lowering(f"meant_{meant.kind.lower().replace('-', '_')}", level, met[meant.when])
    for code in service.harmless:
        if code in met:
            return Lowering(code, _MOST_URGENT_HARMLESS, met[code])
    return None


def urgency_of(
    service: ServiceType,
    met: Met,
    danger: Danger | None,
    change: Lowering | PlainHazard | None = None,
    *,
    is_other: bool = False,
) -> Urgency:
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
    points = [Point(f"base_{service.priority.lower()}", LEAST[service.priority])]
    if is_other:
        points.append(Point("classified_other", 0))
    if DOUBTED in met:
        points.append(Point("doubted", 0, met[DOUBTED]))
    for code in service.hazard_conditions:
        if code in met:
            first = all(point.code not in service.hazard_conditions for point in points)
            added = _lift(points, "P2") if first else _NEXT_HAZARD
            points.append(Point(code, added, met[code]))
    if danger is not None:
        points.append(Point(f"emergency_{danger.code}", _lift(points, "P1"), danger.evidence))
    elif change is not None:
        points += _changed(points, change)
    return Urgency(tuple(points))


def _changed(points: list[Point], change: Lowering | PlainHazard) -> Sequence[Point]:
    if isinstance(change, PlainHazard):
        return (Point(f"hazard_{change.code}", _lift(points, "P2"), change.evidence),)
    added = LEAST[change.level] - sum(point.points for point in points)
    return (Point(change.code, added, change.evidence),) if added < 0 else ()


def _lift(points: list[Point], level: Level) -> int:
    return max(_FIRST_HAZARD, LEAST[level] - sum(point.points for point in points))
