"""Reasons from a report's context: they raise routine work and make nothing urgent alone."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.triage.rules.dedup.model import HOUR, Match
from services.triage.rules.priority.score import PriorityScore
from shared.catalogue import ServiceType
from shared.catalogue.circumstances import ScoreSteps
from shared.vocabulary import MIN_SCORE, ScoreReason

# Scores that only the report itself can reach: urgent, and dangerous now.
_CEILINGS = (MIN_SCORE["P2"], MIN_SCORE["P1"])
MAX_COUNTED = 50  # reporters of a case; beyond, the count is "50 or more"
MAX_ANONYMOUS = 6  # counted anonymous reports of a case
_ANONYMOUS_PER_PERSON = 2  # some anonymous reports repeat an earlier one of the same person
_DAY = timedelta(days=1)

SURGE_POINTS = 5  # alone they lift no report from one level to the next
# Age at which a surge without an end expires, in case the surge watcher stopped.
MAX_OPEN_SURGE = timedelta(hours=25)


def with_context(priority: PriorityScore, reasons: Iterable[ScoreReason]) -> PriorityScore:
    """Return the priority with more reasons, none of which crosses into P2 or P1.

    Points that would cross are cut, and a reason without points left is dropped.

    Args:
        reasons: The most important first.
    """
    all_reasons, score = list(priority.reasons), priority.score
    for reason in reasons:
        ceiling = next((limit for limit in _CEILINGS if limit > score), None)
        points = reason.points if ceiling is None else min(reason.points, ceiling - 1 - score)
        if points > 0:
            score += points
            all_reasons.append(reason._replace(points=points))
    return PriorityScore(tuple(all_reasons))


@dataclass(frozen=True, slots=True)
class Reporters:
    """Reporters of one problem so far: keyed hashes, and the number of anonymous reports."""

    people: frozenset[str] = frozenset()
    anonymous: int = 0

    def with_reporter(self, reporter: str | None) -> "Reporters":
        """Return the reporters after one more report; the same person counts once."""
        if reporter is None:
            return Reporters(self.people, min(self.anonymous + 1, MAX_ANONYMOUS))
        if len(self.people) >= MAX_COUNTED:
            return self
        return Reporters(self.people | {reporter}, self.anonymous)

    @property
    def count(self) -> int:
        """Number of people; two anonymous reports count as one person."""
        return len(self.people) + self.anonymous // _ANONYMOUS_PER_PERSON


NO_REPORTERS = Reporters()


def multiple_reporters_reason(
    reporters: Reporters, steps: ScoreSteps, usual: float = 0.0
) -> Iterator[ScoreReason]:
    """Yield the reason that several people reported a problem, if they did.

    Args:
        steps: Points by the number of people, divided by the number that is usual and rounded.
        usual: Number of further reporters that is usual by now; 0 counts people as they are.
    """
    count = reporters.count
    if points := steps(round(count / (1 + usual))):
        people = f"{MAX_COUNTED} people or more" if count >= MAX_COUNTED else f"{count} people"
        among = f", {1 + usual:.1f} are usual" if usual else ""
        yield ScoreReason("several_reporters", points, people + among)


def overdue_reason(
    match: Match, observed_at: datetime, service: ServiceType, steps: ScoreSteps
) -> Iterator[ScoreReason]:
    """Yield the reason that an open problem is overdue, if it is.

    Less than a day never counts, whatever the kind's target. A closed problem is not overdue.

    Args:
        match: The case that the report joins, or comes too late to join.
        steps: Points by how many times the target has passed.
    """
    if match.relation not in ("duplicate", "window_over") or not service.target_hours:
        return
    age = observed_at - match.case.opening.observed_at
    if age >= _DAY and (points := steps(age / (service.target_hours * HOUR))):
        days = age // _DAY
        yield ScoreReason("still_there", points, f"{days} day{'s' if days > 1 else ''}")


@dataclass(frozen=True, slots=True)
class KnownSurge:
    """A surge that the surge watcher announced, in event time.

    Attributes:
        until: None while it is open.
        count: Independent reports, as last announced.
        expected: Usual number of reports in the same time.
    """

    surge_id: str
    key: str
    district: str
    since: datetime
    until: datetime | None
    count: int
    expected: float

    def contains(self, key: str, district: str, moment: datetime) -> bool:
        """Return True for a report in it; the beginning is inclusive, the end exclusive."""
        if (self.key, self.district) != (key, district):
            return False
        return self.since <= moment < (self.until or self.since + MAX_OPEN_SURGE)


def surge_reason(
    surges: Iterable[KnownSurge], key: str, district: str, moment: datetime
) -> ScoreReason | None:
    """Return the reason that a report is in a surge, or None."""
    containing = [surge for surge in surges if surge.contains(key, district, moment)]
    if not containing:
        return None
    newest = max(containing, key=lambda surge: (surge.since, surge.surge_id))
    evidence = f"{newest.count} reports in {district}, {newest.expected:g} are usual"
    return ScoreReason("surge", SURGE_POINTS, evidence)
