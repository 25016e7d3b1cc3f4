"""Why a request was decided as it was, in plain sentences."""

from collections.abc import Mapping, Sequence

from services.triage.rules.wording import LIKENESS, OBSTACLES, Wording, readable
from shared.events import Decision, Duplicate, Emergency, Point, Priority, Referral, Rejected
from shared.events.triage import Outcome

OPENINGS: Mapping[Outcome, str] = {
    "new": "New case: no earlier report is about the same problem",
    "duplicate": "Joined an earlier case as the same problem",
    "possible_duplicate": "New case, and a person should look: it may repeat an earlier one",
    "recurrence": "New case, linked to an earlier one that it cannot join",
    "referral": "No work for the city",
    "answered": "A question with a known answer, so nobody has to do anything",
}


def explain(decision: Decision, wording: Wording) -> tuple[str, ...]:
    """Return all sentences about a decision, also one that was made before it carried any.

    Args:
        decision: What was decided.
        wording: How the request's city names things.
    """
    return (
        *of_outcome(decision.outcome, decision.duplicate, decision.rejected),
        *of_urgency(decision.priority, decision.emergency, wording),
        *of_referral(decision.referral, wording),
    )


def of_outcome(
    outcome: Outcome, duplicate: Duplicate | None, rejected: Sequence[Rejected]
) -> list[str]:
    """Return what became of a request, by what it was held against, and what it was not."""
    return [_outcome(outcome, duplicate), *map(_rejected, rejected)]


def of_urgency(priority: Priority, emergency: Emergency | None, wording: Wording) -> list[str]:
    """Return how urgent a request is, point by point, and whether somebody is in danger."""
    points = "; ".join([_point(point, wording) for point in priority.reasons])
    told = [f"{priority.level} with {priority.score} points: {points}."]
    if emergency is not None:
        name = wording.emergencies.get(emergency.code) or readable(emergency.code)
        told.append(
            f"Danger to life: {name} (“{emergency.evidence}”). The reporter is told to call 911."
        )
    return told


def of_referral(referral: Referral | None, wording: Wording) -> list[str]:
    """Return who outside the city must act, and why."""
    if referral is None:
        return []
    call = f", phone {referral.phone}" if referral.phone else ""
    why = wording.referrals.get(referral.reason.code) if referral.reason else None
    return [" ".join(filter(None, (f"{referral.name} must act{call}.", why)))]


def _outcome(outcome: Outcome, duplicate: Duplicate | None) -> str:
    opening = OPENINGS[outcome]
    if duplicate is None:
        return f"{opening}."
    reasons = "; ".join(
        [
            _with(LIKENESS.get(reason.code) or readable(reason.code), reason.detail)
            for reason in duplicate.reasons
        ]
    )
    return f"{opening}, {duplicate.confidence:.0%} sure: {reasons}."


def _rejected(rejected: Rejected) -> str:
    obstacle = OBSTACLES.get(rejected.code) or readable(rejected.code)
    return f"Not case {rejected.case_id}: {_with(obstacle, rejected.detail)}."


def _point(point: Point, wording: Wording) -> str:
    words = wording.points.get(point.code) or readable(point.code)
    return f"{point.points:+d} {words}" + (f" (“{point.evidence}”)" if point.evidence else "")


def _with(words: str, detail: str | None) -> str:
    return words if detail is None else f"{words} ({detail})"
