"""What lies around a report: it hastens routine work, and makes nothing urgent by itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.triage.rules.dedup.model import Match
from services.triage.rules.priority.score import PriorityScore
from shared.catalogue import ServiceType
from shared.catalogue.circumstances import ScoreSteps
from shared.vocabulary import MIN_SCORE, ScoreReason

_CEILINGS = (MIN_SCORE["P1"], MIN_SCORE["P2"])
"""Scores that only what the report itself tells can reach: what is urgent, and danger now."""


def with_context(urgency: PriorityScore, points: Iterable[ScoreReason]) -> PriorityScore:
    """Return the urgency with more points, of which none crosses into P2 or P1.

    Points that would are cut to what is left, and left out where nothing is.

    Args:
        urgency: How urgent the report is by what it tells.
        points: What lies around it, the most telling first.
    """
    return PriorityScore((*urgency.points, *_bounded(urgency.score, points)))


def _bounded(score: int, points: Iterable[ScoreReason]) -> Iterator[ScoreReason]:
    for point in points:
        ceiling = next((at for at in reversed(_CEILINGS) if at > score), None)
        added = point.points if ceiling is None else min(point.points, ceiling - 1 - score)
        if added > 0:
            score += added
            yield point._replace(points=added)


MAX_COUNTED = 50
"""So many people are told apart at most; from here on there are "50 or more"."""

MAX_ANONYMOUS = 6
"""So many reports without a name count at most."""

_NAMELESS_PER_PERSON = 2  # some of them are of people who wrote before


@dataclass(frozen=True, slots=True)
class Reporters:
    """Who reported one problem so far.

    Attributes:
        people: Keyed hashes, at most ``MOST_COUNTED``.
        nameless: Reports of people who did not say who they are, at most ``MOST_NAMELESS``.
    """

    people: frozenset[str] = frozenset()
    anonymous: int = 0

    def joined_by(self, reporter: str | None) -> "Reporters":
        """Return who they are with one more report; the same person again changes nothing."""
        if reporter is None:
            return Reporters(self.people, min(self.anonymous + 1, MAX_ANONYMOUS))
        if len(self.people) >= MAX_COUNTED:
            return self
        return Reporters(self.people | {reporter}, self.anonymous)

    @property
    def count(self) -> int:
        """How many they are: two reports without a name stand for one person."""
        return len(self.people) + self.anonymous // _NAMELESS_PER_PERSON


NOBODY = Reporters()


def multiple_reporters_reason(reporters: Reporters, steps: ScoreSteps) -> Iterator[ScoreReason]:
    """Yield the reason that a problem was reported by several people, if it was.

    Args:
        reporters: Who reported it, the present report included.
        steps: Points by how many they are.
    """
    count = reporters.count
    if points := steps(count):
        people = f"{MAX_COUNTED} people or more" if count >= MAX_COUNTED else f"{count} people"
        yield ScoreReason("several_reporters", points, people)


_DAY = timedelta(days=1)
_HOUR = timedelta(hours=1)


def overdue_reason(
    link: Match, observed_at: datetime, service: ServiceType, steps: ScoreSteps
) -> Iterator[ScoreReason]:
    """Yield the reason that an open problem is still there after it should be dealt with.

    Less than a day is no long time, whatever a kind's target. What was closed since is another
    problem.

    Args:
        link: The case that the report is about, or comes too late to join.
        observed_at: Event time of the report.
        service: Its kind, whose target says when the problem should be dealt with.
        steps: Points by how often that time has passed.
    """
    if link.relation not in ("duplicate", "window_over") or not service.target_hours:
        return
    after = observed_at - link.case.opening.observed_at
    if after >= _DAY and (points := steps(after / (service.target_hours * _HOUR))):
        days = after // _DAY
        yield ScoreReason("still_there", points, f"{days} day{'s' if days > 1 else ''}")


POINTS = 5
"""A hint: by itself it lifts no report from one level to the next."""

LONGEST = timedelta(hours=25)
"""A surge of which no end was told counts no longer, as when nobody watches any more."""


@dataclass(frozen=True, slots=True)
class KnownSurge:
    """A surge that triage was told of.

    Attributes:
        key: The dedup key of its reports.
        until: When it was over; None while it goes on.
        count: Independent reports, as far as was told.
        expected: How many are usual.
    """

    surge_id: str
    key: str
    district: str
    since: datetime
    until: datetime | None
    count: int
    expected: float

    def holds(self, key: str, district: str, moment: datetime) -> bool:
        """Tell whether a report lies in it; its beginning is included, its end is not."""
        if (self.key, self.district) != (key, district):
            return False
        return self.since <= moment < (self.until or self.since + LONGEST)


def surge_reason(
    surges: Iterable[KnownSurge], key: str, district: str, moment: datetime
) -> ScoreReason | None:
    """Return the reason that a surge is for a report's urgency, or None where there is none.

    Args:
        surges: The surges that are known.
        key: The report's dedup key.
        district: Where it counts.
        moment: When it was observed.
    """
    holding = [surge for surge in surges if surge.holds(key, district, moment)]
    if not holding:
        return None
    surge = max(holding, key=lambda held: (held.since, held.surge_id))
    evidence = f"{surge.count} reports in {district}, {surge.expected:g} are usual"
    return ScoreReason("surge", POINTS, evidence)
