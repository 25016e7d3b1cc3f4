"""What becomes of one request, given the cases that are known."""

from collections.abc import Mapping
from typing import NamedTuple

from services.triage.assessment import AssessedReport, drop_placeholder_point
from services.triage.rules.dedup.case_index import CaseIndex
from services.triage.rules.dedup.matching import find_match
from services.triage.rules.dedup.model import CaseRejection, Match, TriageCase
from services.triage.rules.priority.context import NO_REPORTERS, Reporters
from shared.vocabulary import TriageOutcome


class Resolution(NamedTuple):
    """What becomes of one request.

    Attributes:
        link: The earlier case that it was held against, if there is one.
        case: The case that it belongs to; None for a referral and for what is answered.
        rejected: Other cases that it might have been about, and what stood against each.
    """

    assessed: AssessedReport
    outcome: TriageOutcome
    match: Match | None
    case: TriageCase | None
    rejected: tuple[CaseRejection, ...] = ()

    @property
    def opened_case(self) -> TriageCase | None:
        """The case that it opened, if later reports can be about it."""
        joined = self.outcome == "duplicate"
        return None if joined or not self.assessed.query else self.case


def resolve(hearing: AssessedReport, known: CaseIndex) -> Resolution:
    """Return what becomes of a request; a case that it opens is known from now on."""
    hearing = drop_placeholder_point(hearing, known.point_uses)
    referral = hearing.assessment.referral
    if referral is not None and referral.replaces_city:
        return Resolution(hearing, "referral", None, None)
    if hearing.answer is not None:
        return Resolution(hearing, "answered", None, None)
    candidates = known.find(hearing.query) if hearing.query else ()
    city = hearing.city
    earlier = find_match(hearing.report, candidates, city.dedup_limits, city.evidence)
    link, rejected = earlier.match, earlier.rejected
    if link is not None and link.relation == "duplicate":
        return Resolution(hearing, "duplicate", link, link.case, rejected)
    ruling = Resolution(hearing, _opened_as(link), link, hearing.new_case, rejected)
    if case := ruling.opened_case:
        known.add(case)
    return ruling


def _opened_as(link: Match | None) -> TriageOutcome:
    if link is None:
        return "new"
    return "possible_duplicate" if link.relation == "possible" else "recurrence"


class BatchReporters:
    """The reporters of the cases of one batch."""

    def __init__(self, known: Mapping[str, Reporters]) -> None:
        """Take who reported the cases before the batch; the others are new."""
        self._by_case = dict(known)

    def reporters_after(self, ruling: Resolution) -> Reporters:
        """Return who reported the case of a request, with the request, for those that follow."""
        if ruling.case is None:
            return NO_REPORTERS
        case_id = ruling.case.case_id
        before = self._by_case.get(case_id, NO_REPORTERS)
        after = self._by_case[case_id] = before.with_reporter(ruling.assessed.report.reporter)
        return after
