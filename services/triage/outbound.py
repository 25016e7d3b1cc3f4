"""From a resolution to the decision event and its explanation."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from services.triage.decisions.reassessment import Reassessed
from services.triage.decisions.resolution import Resolution, final_priority
from services.triage.policy import Assessment, CityPolicy
from services.triage.rules.dedup.model import HOUR, CaseRejection, Match, Report
from services.triage.rules.dedup.reasons import (
    confidence,
    hours_apart,
    match_reasons,
    rejection_detail,
)
from services.triage.rules.priority.context import NO_REPORTERS, KnownSurge, Reporters
from services.triage.rules.priority.score import DOUBTFUL, DetectedEmergency, PriorityScore
from services.triage.rules.reason_texts import MATCH_TEXT, REJECTION_TEXT, ReasonTexts, readable
from services.triage.rules.referral import AgencyReferral
from services.triage.surges.detection import reporter_hash, slot_of, slot_start
from services.triage.surges.state import district_of
from shared.contract import events as e
from shared.contract.topics import TRIAGE_DECISIONS
from shared.runtime.outgoing import Outgoing
from shared.spoken_languages import advice_languages, language_of
from shared.vocabulary import Lane, TriageOutcome, is_plausible


def to_decision(
    resolution: Resolution,
    rules_version: str,
    reporters: Reporters = NO_REPORTERS,
    surges: Sequence[KnownSurge] = (),
) -> e.Decision:
    """Return the decision on a request, with a reason for each part of it.

    Args:
        reporters: Reporters of its case, the reporter of this request included.
        surges: Surges that may include the request.
    """
    request, assessment = resolution.assessed.request, resolution.assessed.assessment
    match, report = resolution.match, resolution.assessed.report
    decision = e.Decision(
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        case_id=resolution.case.case_id if resolution.case else None,
        outcome=resolution.outcome,
        duplicate=_duplicate(match, request.service_code) if match else None,
        rejected=tuple(_rejected(rejection, report) for rejection in resolution.rejected),
        priority=to_priority(final_priority(resolution, reporters, surges)),
        emergency=to_emergency(assessment.emergency),
        danger=assessment.dangers,
        referral=_referral(assessment.referral, request.language or "en"),
        advice=_advice(resolution, request.language or "en"),
        service_code=_kind(resolution),
        rules_version=rules_version,
        conditions=tuple(sorted(assessment.conditions.keys() - {DOUBTFUL})),
        explanation=(),
        request=request,
    )
    explanation = explain(decision, resolution.assessed.city.reason_texts)
    return decision.model_copy(update={"explanation": explanation})


def _kind(resolution: Resolution) -> str:
    """Return the kind of the request; that of the case which its reporter chose to follow."""
    match = resolution.match
    if match is not None and match.basis == "said_by_reporter":
        return match.case.opening.kind
    return resolution.assessed.request.service_code


def _duplicate(match: Match, kind: str) -> e.Duplicate:
    return e.Duplicate(
        of_case=match.case.case_id,
        of_request=match.case.opening.request_id,
        confidence=confidence(match, kind),
        distance_m=_rounded(match.distance_m),
        hours_apart=round(hours_apart(match), 2),
        reasons=tuple(
            e.MatchReason(code=code, detail=detail) for code, detail in match_reasons(match, kind)
        ),
    )


def _rejected(rejection: CaseRejection, report: Report) -> e.RejectedCandidate:
    opening = rejection.case.opening
    return e.RejectedCandidate(
        case_id=rejection.case.case_id,
        request_id=opening.request_id,
        code=rejection.code,
        detail=rejection_detail(rejection),
        distance_m=_rounded(rejection.distance_m),
        hours_apart=round(abs(report.observed_at - opening.observed_at) / HOUR, 2),
    )


def _rounded(distance_m: float | None) -> float | None:
    return None if distance_m is None else round(distance_m, 1)


def to_priority(priority: PriorityScore) -> e.Priority:
    """Return the priority with its reasons."""
    return e.Priority(
        level=priority.level,
        score=priority.score,
        reasons=tuple(
            e.PriorityReason(code=reason.code, points=reason.points, evidence=reason.evidence)
            for reason in priority.reasons
        ),
    )


def to_emergency(emergency: DetectedEmergency | None) -> e.Emergency | None:
    """Return the danger to life, if there is one."""
    if emergency is None:
        return None
    return e.Emergency(code=emergency.code, evidence=emergency.evidence)


def _danger_advice(assessment: Assessment, city: CityPolicy, language: str) -> tuple[e.Advice, ...]:
    if assessment.emergency is None:
        return ()
    spoken = language_of(advice_languages(), language)
    advice = city.danger_advice(assessment.dangers)
    return tuple(e.Advice(code=code, text=spoken.say(text)) for code, text in advice)


def _advice(resolution: Resolution, language: str) -> tuple[e.Advice, ...]:
    assessed = resolution.assessed
    if advice := _danger_advice(assessed.assessment, assessed.city, language):
        return advice
    answer = resolution.assessed.answer
    if resolution.outcome != "answered" or answer is None:
        return ()
    return (e.Advice(code=answer.code, text=answer.text.in_language(language)),)


def _referral(referral: AgencyReferral | None, language: str) -> e.Referral | None:
    if referral is None:
        return None
    agency, reason = referral.agency, referral.reason
    return e.Referral(
        agency=agency.code,
        name=agency.name,
        phone=agency.phone,
        url=agency.url,
        reason=e.ReferralReason(code=reason.code, text=reason.text.in_language(language))
        if reason
        else None,
    )


def to_event(reassessed: Reassessed, now: datetime) -> e.RequestReassessed:
    """Return the event of a reassessment."""
    request, assessment, city = reassessed
    note = request.waiting[-1]
    priority, emergency = to_priority(assessment.priority), to_emergency(assessment.emergency)
    language = note.data.language or request.stated.language or "en"
    data = e.Reassessment(
        request_id=request.request_id,
        case_id=request.case_id,
        priority=priority,
        emergency=emergency,
        advice=_danger_advice(assessment, city, language),
        note_id=note.data.note_id,
        explanation=tuple(explain_priority(priority, emergency, city.reason_texts)),
    )
    return e.RequestReassessed.of(data, now=now, cause=note, request=request.request_id)


def passed_on(note: e.NoteAdded, case_id: str) -> Outgoing:
    """Return the record that carries a note behind the decision of its request."""
    return Outgoing.to_topic(TRIAGE_DECISIONS.name, case_id, note)


def to_report_counts(requests: Iterable[e.Request]) -> list[e.ReportCounts]:
    """Return one payload for each dedup group and lane among the requests of a batch.

    A reporter appears once for each district and slot, in order of arrival. Requests with an
    implausible event time are left out: they would move the watcher's clock.
    """
    groups: dict[tuple[str, str, Lane], dict[tuple[str, int], dict[int, None]]] = {}
    for request in requests:
        if not is_plausible(request.observed_at):
            continue
        group = groups.setdefault((request.jurisdiction, request.dedup_group, request.lane), {})
        reporters = group.setdefault((district_of(request), slot_of(request.observed_at)), {})
        reporters[reporter_hash(request.reporter_ref or request.request_id)] = None
    return [
        e.ReportCounts(
            jurisdiction=jurisdiction,
            dedup_group=dedup_group,
            lane=lane,
            counts=tuple(
                e.ReportCount(
                    district=district, observed_from=slot_start(slot), reporters=tuple(reporters)
                )
                for (district, slot), reporters in group.items()
            ),
        )
        for (jurisdiction, dedup_group, lane), group in groups.items()
    ]


# First words of an explanation by outcome.
OUTCOME_TEXT: Mapping[TriageOutcome, str] = {
    "new": "New case: no earlier report is about the same problem",
    "duplicate": "Joined an earlier case as the same problem",
    "possible_duplicate": "New case, and a person should look: it may repeat an earlier one",
    "recurrence": "New case, linked to an earlier one that it cannot join",
    "referral": "No work for the city",
    "answered": "A question with a known answer, so nobody has to do anything",
}
_NOT_FOLLOWED = (
    "The case that the reporter named is unknown, closed or in another city, so the report was "
    "compared with all cases as always."
)


def explain(decision: e.Decision, texts: ReasonTexts) -> tuple[str, ...]:
    """Return all sentences about a decision; a code unknown to the catalogue is shown as it is."""
    return (
        _outcome(decision.outcome, decision.duplicate),
        *map(_explain_rejection, decision.rejected),
        *_following(decision.request, decision.duplicate),
        *explain_priority(decision.priority, decision.emergency, texts),
        *_explain_referral(decision.referral, texts),
    )


def _following(request: e.Request, duplicate: e.Duplicate | None) -> list[str]:
    """Explain why a request did not join the case that its reporter named, if it named one."""
    reasons = duplicate.reasons if duplicate else ()
    if request.follow_case is None or any(one.code == "said_by_reporter" for one in reasons):
        return []
    return [_NOT_FOLLOWED]


def explain_priority(
    priority: e.Priority, emergency: e.Emergency | None, texts: ReasonTexts
) -> list[str]:
    """Explain the priority, reason by reason, and a danger to life."""
    reasons = "; ".join([_reason(reason, texts) for reason in priority.reasons])
    sentences = [f"{priority.level} with {priority.score} points: {reasons}."]
    if emergency is not None:
        name = texts.emergencies.get(emergency.code) or readable(emergency.code)
        sentences.append(
            f"Danger to life: {name} (“{emergency.evidence}”). The reporter is told to call 911."
        )
    return sentences


def _explain_referral(referral: e.Referral | None, texts: ReasonTexts) -> list[str]:
    """Name the outside agency that must act, and the reason."""
    if referral is None:
        return []
    call = f", phone {referral.phone}" if referral.phone else ""
    reason = texts.referrals.get(referral.reason.code) if referral.reason else None
    return [" ".join(filter(None, (f"{referral.name} must act{call}.", reason)))]


def _outcome(outcome: TriageOutcome, duplicate: e.Duplicate | None) -> str:
    text = OUTCOME_TEXT[outcome]
    if duplicate is None:
        return f"{text}."
    reasons = "; ".join(
        [
            _with_detail(MATCH_TEXT.get(reason.code) or readable(reason.code), reason.detail)
            for reason in duplicate.reasons
        ]
    )
    return f"{text}, {duplicate.confidence:.0%} sure: {reasons}."


def _explain_rejection(rejected: e.RejectedCandidate) -> str:
    text = REJECTION_TEXT.get(rejected.code) or readable(rejected.code)
    return f"Not case {rejected.case_id}: {_with_detail(text, rejected.detail)}."


def _reason(reason: e.PriorityReason, texts: ReasonTexts) -> str:
    text = texts.reasons.get(reason.code) or readable(reason.code)
    evidence = f" (“{reason.evidence}”)" if reason.evidence else ""
    return f"{reason.points:+d} {text}{evidence}"


def _with_detail(text: str, detail: str | None) -> str:
    return text if detail is None else f"{text} ({detail})"
