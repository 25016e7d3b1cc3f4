"""Explain a decision in plain English sentences."""

from collections.abc import Mapping

from services.triage.rules.reason_texts import MATCH_TEXT, REJECTION_TEXT, ReasonTexts, readable
from shared.contract import events as e
from shared.vocabulary import TriageOutcome

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
        *map(_rejected, decision.rejected),
        *_following(decision.request, decision.duplicate),
        *explain_priority(decision.priority, decision.emergency, texts),
        *_referral(decision.referral, texts),
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


def _referral(referral: e.Referral | None, texts: ReasonTexts) -> list[str]:
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


def _rejected(rejected: e.RejectedCandidate) -> str:
    text = REJECTION_TEXT.get(rejected.code) or readable(rejected.code)
    return f"Not case {rejected.case_id}: {_with_detail(text, rejected.detail)}."


def _reason(reason: e.PriorityReason, texts: ReasonTexts) -> str:
    text = texts.reasons.get(reason.code) or readable(reason.code)
    evidence = f" (“{reason.evidence}”)" if reason.evidence else ""
    return f"{reason.points:+d} {text}{evidence}"


def _with_detail(text: str, detail: str | None) -> str:
    return text if detail is None else f"{text} ({detail})"
