"""Resolve a request against the cases known so far: new, duplicate, recurrence or referral."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from services.triage.decisions.assessment import AssessedReport
from services.triage.rules.dedup.case_index import CaseIndex
from services.triage.rules.dedup.matching import find_match, follow, may_follow
from services.triage.rules.dedup.model import CaseRejection, Match, TriageCase
from services.triage.rules.dedup.scoring import PointUse, PointUses
from services.triage.rules.priority.context import (
    NO_REPORTERS,
    KnownSurge,
    Reporters,
    multiple_reporters_reason,
    overdue_reason,
    surge_reason,
    with_context,
)
from services.triage.rules.priority.score import PriorityScore
from services.triage.surges.state import district_of
from shared.vocabulary import ScoreReason, TriageOutcome


class Resolution(NamedTuple):
    """Outcome for one request.

    Attributes:
        match: The earlier case that it was matched with.
        case: The case that it belongs to; None for a referral or an answered question.
        rejected: Other candidate cases, and the reason against each.
    """

    assessed: AssessedReport
    outcome: TriageOutcome
    match: Match | None
    case: TriageCase | None
    rejected: tuple[CaseRejection, ...] = ()

    @property
    def opened_case(self) -> TriageCase | None:
        """The case that it opened, if later reports can match it."""
        joined = self.outcome == "duplicate"
        return None if joined or not self.assessed.query else self.case


def resolve(assessed: AssessedReport, index: CaseIndex) -> Resolution:
    """Return the outcome for a request, and add a case that it opens to the index."""
    assessed = drop_placeholder_point(assessed, index.point_uses)
    request = assessed.request
    followed = index.followed.get(request.follow_case) if request.follow_case else None
    if followed is not None and may_follow(followed, request.jurisdiction):
        return Resolution(assessed, "duplicate", follow(assessed.report, followed), followed)
    referral = assessed.assessment.referral
    if referral is not None and referral.replaces_city:
        return Resolution(assessed, "referral", None, None)
    if assessed.answer is not None:
        return Resolution(assessed, "answered", None, None)
    candidates = index.find(assessed.query) if assessed.query else ()
    city = assessed.city
    match, rejected = find_match(assessed.report, candidates, city.dedup_limits, city.evidence)
    if match is not None and match.relation == "duplicate":
        return Resolution(assessed, "duplicate", match, match.case, rejected)
    resolution = Resolution(
        assessed, _outcome_of_new_case(match), match, assessed.new_case, rejected
    )
    if case := resolution.opened_case:
        index.add(case)
    return resolution


def drop_placeholder_point(assessed: AssessedReport, uses: PointUses) -> AssessedReport:
    """Return the report without its location when its point is a placeholder."""
    limits, report = assessed.city.placeholder_limits, assessed.report
    if limits is None or report.point is None:
        return assessed
    use = PointUse(report.point, assessed.new_case.key, report.observed_at)
    if not uses.is_placeholder(use, limits):
        return assessed
    report = report._replace(is_placed=False)
    query = assessed.query
    return assessed._replace(
        report=report,
        new_case=assessed.new_case._replace(opening=report),
        query=query._replace(boxes=()) if query else None,
    )


def _outcome_of_new_case(match: Match | None) -> TriageOutcome:
    if match is None:
        return "new"
    return "possible_duplicate" if match.relation == "possible" else "recurrence"


def final_priority(
    resolution: Resolution, reporters: Reporters, surges: Sequence[KnownSurge]
) -> PriorityScore:
    """Return the priority of a request with the reasons that its context adds.

    Args:
        reporters: Reporters of its case, the reporter of this request included.
        surges: Surges that may include it.
    """
    assessed, match = resolution.assessed, resolution.match
    report, weights = assessed.report, assessed.city.circumstances
    reasons: list[ScoreReason] = []
    if surges:
        district = district_of(assessed.request)
        surge = surge_reason(surges, assessed.new_case.key, district, report.observed_at)
        reasons += [surge] if surge else []
    if weights is not None and match is not None:
        service = assessed.city.services[report.kind]
        usual, opening = 0.0, match.case.opening
        if weights.usual:
            time, district = report.observed_at - opening.observed_at, district_of(assessed.request)
            usual = weights.usual.after(time, opening.kind, district)
        reasons += multiple_reporters_reason(reporters, weights.reporters, usual)
        reasons += overdue_reason(match, report.observed_at, service, weights.overdue)
    priority = assessed.assessment.priority
    return with_context(priority, reasons) if reasons else priority


class BatchReporters:
    """Reporters of the cases of one batch, counted request by request."""

    def __init__(self, before: Mapping[str, Reporters]) -> None:
        """Start with the reporters before the batch; cases without an entry have none."""
        self._by_case = dict(before)

    def after(self, resolution: Resolution) -> Reporters:
        """Add the reporter of a request to its case and return all reporters of the case."""
        if resolution.case is None:
            return NO_REPORTERS
        case_id = resolution.case.case_id
        before = self._by_case.get(case_id, NO_REPORTERS)
        reporters = before.with_reporter(resolution.assessed.report.reporter)
        self._by_case[case_id] = reporters
        return reporters
