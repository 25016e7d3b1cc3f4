"""From what the rules found to the decision that goes over the wire."""

from itertools import chain

from services.triage.outbound.explanation import of_outcome, of_referral, of_urgency
from services.triage.resolution import Ruling
from services.triage.rules.dedup import scoring as likeness
from services.triage.rules.dedup.matching import detail_of
from services.triage.rules.dedup.model import HOUR, Link, Rejection, Report
from services.triage.rules.priority.conditions import DOUBTED
from services.triage.rules.priority.context import (
    NOBODY,
    Reporters,
    of_several,
    of_still_there,
    with_circumstances,
)
from services.triage.rules.priority.score import Danger, Urgency
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


def decision_on(ruling: Ruling, rules_version: str, reporters: Reporters = NOBODY) -> Decision:
    """Return the decision on a request, with a reason for everything.

    Args:
        ruling: What became of it.
        rules_version: Names the facts that the rules rest on.
        reporters: Who reported its case, with this request.
    """
    request, found = ruling.hearing.request, ruling.hearing.assessment
    duplicate = _duplicate(ruling.link, request.service_code) if ruling.link else None
    rejected = tuple(_rejected(one, ruling.hearing.report) for one in ruling.rejected)
    priority, emergency = _priority(_urgency(ruling, reporters)), _emergency(found.danger)
    referral = _referral(found.referral, request.language)
    wording = ruling.hearing.city.wording
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
        conditions=tuple(sorted(found.met.keys() - {DOUBTED})),
        explanation=(
            *of_outcome(ruling.outcome, duplicate, rejected),
            *of_urgency(priority, emergency, wording),
            *of_referral(referral, wording),
        ),
        request=request,
    )


def _duplicate(link: Link, kind: str) -> Duplicate:
    return Duplicate(
        of_case=link.case.case_id,
        of_request=link.case.opening.request_id,
        confidence=likeness.confidence(link, kind),
        distance_m=None if link.distance_m is None else round(link.distance_m, 1),
        hours_apart=round(likeness.hours(link), 2),
        reasons=tuple(
            Reason(code=code, detail=detail) for code, detail in likeness.reasons(link, kind)
        ),
    )


def _rejected(rejection: Rejection, report: Report) -> Rejected:
    opening, away_m = rejection.case.opening, rejection.distance_m
    return Rejected(
        case_id=rejection.case.case_id,
        request_id=opening.request_id,
        code=rejection.code,
        detail=detail_of(rejection),
        distance_m=None if away_m is None else round(away_m, 1),
        hours_apart=round(abs(report.observed_at - opening.observed_at) / HOUR, 2),
    )


def _urgency(ruling: Ruling, reporters: Reporters) -> Urgency:
    """Return how urgent a request is by itself and by what its case went through before."""
    hearing, link = ruling.hearing, ruling.link
    urgency, weights = hearing.assessment.urgency, hearing.city.circumstances
    if weights is None or link is None:
        return urgency
    service = hearing.city.services[hearing.report.kind]
    observed_at = hearing.report.observed_at
    more = chain(
        of_several(reporters, weights.reporters),
        of_still_there(link, observed_at, service, weights.still_there),
    )
    return with_circumstances(urgency, more)


def _priority(urgency: Urgency) -> Priority:
    return Priority(
        level=urgency.level,
        score=urgency.score,
        reasons=tuple(
            Point(code=point.code, points=point.points, evidence=point.evidence)
            for point in urgency.points
        ),
    )


def _emergency(danger: Danger | None) -> Emergency | None:
    return None if danger is None else Emergency(code=danger.code, evidence=danger.evidence)


def _advice(ruling: Ruling, language: str) -> tuple[Advice, ...]:
    if ruling.hearing.assessment.danger is not None:
        return (Advice(code="call_911", text=CALL_911.in_language(language)),)
    answer = ruling.hearing.answer
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
