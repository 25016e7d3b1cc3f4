"""Two orders of the cases of a back-test: points by the number of reporters, and by surprise.

The usual numbers are learnt from the same requests, by the method of insight's reporting ratios.
Each request counts as a person, since exports do not tell people apart.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.insight.rules.reporting import Incident, rates_by_kind, reporting_ratios
from services.triage.rules.priority.context import (
    NO_REPORTERS,
    Reporters,
    multiple_reporters_reason,
    with_context,
)
from services.triage.rules.priority.score import PriorityScore, level_of
from services.triage.surges.state import UNKNOWN_DISTRICT
from shared.catalogue import Jurisdiction
from shared.catalogue.circumstances import Circumstances, UsualReports
from shared.errors import Route311Error
from shared.geo import CityBoundaries
from shared.vocabulary import GeoPoint, PriorityLevel, ScoreReason
from workbench.evaluation.backtest import BacktestDecision
from workbench.evaluation.trial import BacktestRun

_OVERDUE = "still_there"
_DAY = timedelta(days=1)
_RATE_DECIMALS, _RATIO_DECIMALS = 5, 2


class NoCircumstancesError(Route311Error):
    """The city gives no points for reporters."""

    code = "no_circumstances"


@dataclass(frozen=True, slots=True)
class RankedCase:
    """A case with its score in both orders.

    Attributes:
        request_id: The export's id of its first request.
        usual: Number of people that is usual at its last request.
    """

    request_id: str
    kind: str
    district: str
    opened_at: datetime
    people: int
    usual: float
    by_number: int
    by_surprise: int


@dataclass(frozen=True, slots=True)
class BothOrders:
    """The counted cases, the most urgent first, in each order."""

    usual: UsualReports
    by_number: Sequence[RankedCase]
    by_surprise: Sequence[RankedCase]

    @property
    def levels(self) -> Mapping[tuple[PriorityLevel, PriorityLevel], int]:
        """Number of cases by level in the first and in the second order, where these differ."""
        both = ((level_of(one.by_number), level_of(one.by_surprise)) for one in self.by_number)
        return Counter(pair for pair in both if pair[0] != pair[1])

    @property
    def by_district(self) -> Mapping[str, Sequence[RankedCase]]:
        """The cases of several people by district, in order of its code."""
        found = defaultdict[str, list[RankedCase]](list)
        for one in self.by_number:
            if one.people > 1:
                found[one.district].append(one)
        return dict(sorted(found.items()))

    def stay_first(self, most: int) -> int:
        """Return how many of the first cases of one order are among the first of the other."""
        return len({*self.by_number[:most]} & {*self.by_surprise[:most]})


def both_orders(run: BacktestRun) -> BothOrders:
    """Return both orders of the cases that the counted requests opened.

    Raises:
        NoCircumstancesError: The city has no ``circumstances.yaml``.
    """
    city, weights = run.city, run.city.circumstances
    if weights is None:
        raise NoCircumstancesError(f"{city.id} has no circumstances.yaml: no reporter adds points")
    cases = defaultdict[str, list[BacktestDecision]](list)
    for one in run.decisions:
        if one.decision.case_id:
            cases[one.decision.case_id].append(one)
    openings = [requests[0] for requests in cases.values()]
    districts = dict(zip(cases, _districts(city, openings), strict=True))
    usual = _usual(city, cases, districts, run.decisions[-1].row.reported_at)
    counted = {one.row.request_id for one in run.counted}
    ranked = [
        _ranked(requests, districts[case_id], weights, usual)
        for case_id, requests in cases.items()
        if requests[0].row.request_id in counted
    ]
    return BothOrders(
        usual,
        sorted(ranked, key=lambda one: (-one.by_number, one.opened_at, one.request_id)),
        sorted(ranked, key=lambda one: (-one.by_surprise, one.opened_at, one.request_id)),
    )


def _districts(city: Jurisdiction, openings: Sequence[BacktestDecision]) -> list[str]:
    """Return the district that each row states, else the one of its point."""
    places = [one.decision.request.location for one in openings]
    points = [GeoPoint(one.latitude or 0.0, one.longitude or 0.0) for one in places]
    found = CityBoundaries(city.id, city.folder).district(points)
    return [
        one.row.district or located or UNKNOWN_DISTRICT
        for one, located in zip(openings, found, strict=True)
    ]


def _usual(
    city: Jurisdiction,
    cases: Mapping[str, Sequence[BacktestDecision]],
    districts: Mapping[str, str],
    end: datetime,
) -> UsualReports:
    incidents = []
    for case_id, requests in cases.items():
        first = requests[0].row
        window = city.services[first.kind].dedup.window or timedelta()
        if (time := min(window, end - first.reported_at)) > timedelta():
            further = len(requests) - 1
            incidents.append(Incident(districts[case_id], first.kind, time / _DAY, further))
    return UsualReports(
        {
            kind: round(rate, _RATE_DECIMALS)
            for kind, rate in sorted(rates_by_kind(incidents).items())
            if rate
        },
        {
            one.group: round(one.ratio, _RATIO_DECIMALS)
            for one in sorted(reporting_ratios(incidents), key=lambda one: one.group)
            if one.group != UNKNOWN_DISTRICT
        },
    )


def _ranked(
    requests: Sequence[BacktestDecision], district: str, weights: Circumstances, usual: UsualReports
) -> RankedCase:
    first = requests[0].row
    reporters, expected = NO_REPORTERS, 0.0
    numbers, surprises = [], []
    for one in requests:
        reporters = reporters.with_reporter(one.row.request_id)
        expected = usual.after(one.row.reported_at - first.reported_at, first.kind, district)
        numbers.append(_score(one, reporters, weights, 0.0))
        surprises.append(_score(one, reporters, weights, expected))
    return RankedCase(
        first.request_id,
        first.kind,
        district,
        first.reported_at,
        reporters.count,
        1 + expected,
        max(numbers),
        max(surprises),
    )


def _score(
    one: BacktestDecision, reporters: Reporters, weights: Circumstances, usual: float
) -> int:
    """Return the score of a decision with the points for reporters, which stand before overdue."""
    reasons = [
        ScoreReason(reason.code, reason.points, reason.evidence)
        for reason in one.decision.priority.reasons
    ]
    itself = tuple(reason for reason in reasons if reason.code != _OVERDUE)
    overdue: Iterable[ScoreReason] = [reason for reason in reasons if reason.code == _OVERDUE]
    several = multiple_reporters_reason(reporters, weights.reporters, usual)
    return with_context(PriorityScore(itself), [*several, *overdue]).score
