"""From what the rules found to the decision that goes over the wire."""

from itertools import chain

from services.triage.outbound.explanation import explain_outcome, explain_priority, explain_referral
from services.triage.resolution import Resolution
from services.triage.rules.dedup import scoring as likeness
from services.triage.rules.dedup.matching import rejection_detail
from services.triage.rules.dedup.model import HOUR, Match, Rejection, Report
from services.triage.rules.priority.conditions import DOUBTFUL
from services.triage.rules.priority.context import (
    NOBODY,
    Reporters,
    multiple_reporters_reason,
    overdue_reason,
    with_context,
)
from services.triage.rules.priority.score import DetectedEmergency, PriorityScore
from services.triage.rules.referral import Referral as Elsewhere
from services.triage.rules.referral import Why
from shared.catalogue import CALL_911
from shared.contract.events import (
    Advice,
    Decision,
    Duplicate,
    Emergency,
    Point,
    Priority,
    Reason,
    Referral,
    ReferralReason,
    Rejected,
)


def to_decision(ruling: Resolution, rules_version: str, reporters: Reporters = NOBODY) -> Decision:
    """Return the decision on a request, with a reason for everything.

    Args:
        ruling: What became of it.
        rules_version: Names the facts that the rules rest on.
        reporters: Who reported its case, with this request.
    """
    request, found = ruling.report.request, ruling.report.assessment
    duplicate = _duplicate(ruling.link, request.service_code) if ruling.link else None
    rejected = tuple(_rejected(one, ruling.report.report) for one in ruling.rejected)
    priority, emergency = _priority(_urgency(ruling, reporters)), _emergency(found.danger)
    referral = _referral(found.referral, request.language)
    wording = ruling.report.city.wording
    return Decision(
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        case_id=ruling.case.case_id if ruling.case else None,
        outcome=ruling.outcome,
        duplicate=duplicate,
        rejected=rejected,
        priority=priority,
        emergency=emergency,
        referral=referral,
        advice=_advice(ruling, request.language or "en"),
        service_code=request.service_code,
        rules_version=rules_version,
        conditions=tuple(sorted(found.met.keys() - {DOUBTFUL})),
        explanation=(
            *explain_outcome(ruling.outcome, duplicate, rejected),
            *explain_priority(priority, emergency, wording),
            *explain_referral(referral, wording),
        ),
        request=request,
    )


def _duplicate(link: Match, kind: str) -> Duplicate:
    return Duplicate(
        of_case=link.case.case_id,
        of_request=link.case.opening.request_id,
        confidence=likeness.confidence(link, kind),
        distance_m=None if link.distance_m is None else round(link.distance_m, 1),
        hours_apart=round(likeness.hours_apart(link), 2),
        reasons=tuple(
            Reason(code=code, detail=detail) for code, detail in likeness.match_reasons(link, kind)
        ),
    )


def _rejected(rejection: Rejection, report: Report) -> Rejected:
    opening, away_m = rejection.case.opening, rejection.distance_m
    return Rejected(
        case_id=rejection.case.case_id,
        request_id=opening.request_id,
        code=rejection.code,
        detail=rejection_detail(rejection),
        distance_m=None if away_m is None else round(away_m, 1),
        hours_apart=round(abs(report.observed_at - opening.observed_at) / HOUR, 2),
    )


def _urgency(ruling: Resolution, reporters: Reporters) -> PriorityScore:
    """Return how urgent a request is by itself and by what its case went through before."""
    hearing, link = ruling.report, ruling.link
    urgency, weights = hearing.assessment.urgency, hearing.city.circumstances
    if weights is None or link is None:
        return urgency
    service = hearing.city.services[hearing.report.kind]
    observed_at = hearing.report.observed_at
    more = chain(
        multiple_reporters_reason(reporters, weights.reporters),
        overdue_reason(link, observed_at, service, weights.overdue),
    )
    return with_context(urgency, more)


def _priority(urgency: PriorityScore) -> Priority:
    return Priority(
        level=urgency.level,
        score=urgency.score,
        reasons=tuple(
            Point(code=point.code, points=point.points, evidence=point.evidence)
            for point in urgency.points
        ),
    )


def _emergency(danger: DetectedEmergency | None) -> Emergency | None:
    return None if danger is None else Emergency(code=danger.code, evidence=danger.evidence)


def _advice(ruling: Resolution, language: str) -> tuple[Advice, ...]:
    if ruling.report.assessment.danger is not None:
        return (Advice(code="call_911", text=CALL_911.in_language(language)),)
    answer = ruling.report.answer
    if ruling.outcome != "answered" or answer is None:
        return ()
    return (Advice(code=answer.code, text=answer.text.in_language(language)),)


def _referral(referral: Elsewhere | None, language: str | None) -> Referral | None:
    if referral is None:
        return None
    agency, why = referral.agency, referral.why
    return Referral(
        agency=agency.code,
        name=agency.name,
        phone=agency.phone,
        url=agency.url,
        reason=_reason(why, language) if why else None,
    )


def _reason(why: Why, language: str | None) -> ReferralReason:
    return ReferralReason(code=why.code, text=why.text.in_language(language or "en"))
