"""What each code in a decision says in plain words, as part of a sentence."""

from collections.abc import Mapping, Sequence

from shared.catalogue import Jurisdiction, LocalText
from shared.catalogue.circumstances import Circumstances
from shared.catalogue.jurisdiction import REFERRED_TO_911
from shared.contract.events import (
    Decision,
    Duplicate,
    Emergency,
    Point,
    Priority,
    Referral,
    Rejected,
)
from shared.vocabulary import TriageOutcome

MATCH_TEXT: Mapping[str, str] = {
    "same_kind": "same kind of report",
    "same_group": "kinds that can mean the same problem",
    "near": "close by",
    "in_reach": "not far away",
    "same_address": "same address",
    "same_reporter": "same person",
    "same_sender": "sent by the same person",
    "rare_words": "the same rare words",
    "same_asset": "the same thing by its plate or number",
    "other_asset": "another thing by its plate or number",
    "same_street": "same street",
    "within_window": "soon enough",
    "window_over": "too late to join",
    "after_closing": "the work had ended before",
    "usual_in_group": "how often such reports mean one problem",
    "usual_of_kind": "how often this kind repeats another",
}
"""What speaks for or against two reports being of one problem."""

REJECTION_TEXT: Mapping[str, str] = {
    "never_same": "such reports are never joined",
    "too_early": "this report is from too long before it",
    "closed_before": "too long ago, and its work had ended",
    "too_far": "too far away",
    "no_common_place": "no place in common",
    "other_reporter": "from another person",
    "too_few_points": "too little speaks for it",
    "weaker": "another case fits better",
    "split_by_operator": "split by an operator from a case that this is nearer to",
}
"""What stood against a case that a report might have been about."""

_BASE = "usual for its kind"
_DOUBTED = "but its other words speak against it"
_OTHER = "nobody could tell its kind"
_SEVERAL = "several people reported it"
_STILL_THERE = "still there after it should be dealt with"
_SURGE = "many report the same there"


def readable(code: str) -> str:
    """Return the words of a code that nobody has put into words."""
    return code.replace("_", " ")


class ReasonTexts:
    """The words of one city, as its catalogue names things.

    Attributes:
        points: By the code of a reason for a priority.
        emergencies: By the code of a danger to life.
        referrals: By the code of why somebody outside must act, a whole sentence.
    """

    def __init__(self, city: Jurisdiction, circumstances: Circumstances | None = None) -> None:
        self.emergencies = {one.code: _within(one.name) for one in city.emergencies}
        self.emergencies[REFERRED_TO_911] = "reports like this one are for 911"
        self.referrals = {code: text.en for code, text in city.referral_reasons.items()}
        self.reasons = {f"base_p{level}": _BASE for level in range(1, 6)}
        self.reasons |= {"classified_other": _OTHER, "surge": _SURGE}
        self.reasons["doubted"] = _DOUBTED
        self.reasons |= {"several_reporters": _SEVERAL, "still_there": _STILL_THERE}
        for code, name in self.emergencies.items():
            self.reasons[f"emergency_{code}"] = f"danger to life: {name}"
        for hazard in city.hazards:
            self.reasons[f"hazard_{hazard.code}"] = f"{_within(hazard.name)}, under any kind"
        for code, service in city.services.items():
            meant = f"meant_{code.lower().replace('-', '_')}"
            self.reasons[meant] = f"it is about another kind, “{service.name.en}”"
        for code, condition in city.conditions.items():
            self.reasons[code] = _within(condition.name)
        for place in circumstances.places if circumstances else ():
            self.reasons[place.code] = _within(city.conditions[place.when[0]].name)


def _within(name: LocalText) -> str:
    """Return a name as it stands within a sentence; an abbreviation keeps its capitals."""
    first, rest = name.en[:1], name.en[1:]
    return name.en if rest[:1].isupper() else first.lower() + rest


OPENINGS: Mapping[TriageOutcome, str] = {
    "new": "New case: no earlier report is about the same problem",
    "duplicate": "Joined an earlier case as the same problem",
    "possible_duplicate": "New case, and a person should look: it may repeat an earlier one",
    "recurrence": "New case, linked to an earlier one that it cannot join",
    "referral": "No work for the city",
    "answered": "A question with a known answer, so nobody has to do anything",
}


def explain(decision: Decision, wording: ReasonTexts) -> tuple[str, ...]:
    """Return all sentences about a decision, also one that was made before it carried any.

    Args:
        decision: What was decided.
        wording: How the request's city names things.
    """
    return (
        *explain_outcome(decision.outcome, decision.duplicate, decision.rejected),
        *explain_priority(decision.priority, decision.emergency, wording),
        *explain_referral(decision.referral, wording),
    )


def explain_outcome(
    outcome: TriageOutcome, duplicate: Duplicate | None, rejected: Sequence[Rejected]
) -> list[str]:
    """Return what became of a request, by what it was held against, and what it was not."""
    return [_outcome(outcome, duplicate), *map(_rejected, rejected)]


def explain_priority(
    priority: Priority, emergency: Emergency | None, wording: ReasonTexts
) -> list[str]:
    """Return how urgent a request is, point by point, and whether somebody is in danger."""
    points = "; ".join([_point(point, wording) for point in priority.reasons])
    told = [f"{priority.level} with {priority.score} points: {points}."]
    if emergency is not None:
        name = wording.emergencies.get(emergency.code) or readable(emergency.code)
        told.append(
            f"Danger to life: {name} (“{emergency.evidence}”). The reporter is told to call 911."
        )
    return told


def explain_referral(referral: Referral | None, wording: ReasonTexts) -> list[str]:
    """Return who outside the city must act, and why."""
    if referral is None:
        return []
    call = f", phone {referral.phone}" if referral.phone else ""
    why = wording.referrals.get(referral.reason.code) if referral.reason else None
    return [" ".join(filter(None, (f"{referral.name} must act{call}.", why)))]


def _outcome(outcome: TriageOutcome, duplicate: Duplicate | None) -> str:
    opening = OPENINGS[outcome]
    if duplicate is None:
        return f"{opening}."
    reasons = "; ".join(
        [
            _with(MATCH_TEXT.get(reason.code) or readable(reason.code), reason.detail)
            for reason in duplicate.reasons
        ]
    )
    return f"{opening}, {duplicate.confidence:.0%} sure: {reasons}."


def _rejected(rejected: Rejected) -> str:
    obstacle = REJECTION_TEXT.get(rejected.code) or readable(rejected.code)
    return f"Not case {rejected.case_id}: {_with(obstacle, rejected.detail)}."


def _point(point: Point, wording: ReasonTexts) -> str:
    words = wording.reasons.get(point.code) or readable(point.code)
    return f"{point.points:+d} {words}" + (f" (“{point.evidence}”)" if point.evidence else "")


def _with(words: str, detail: str | None) -> str:
    return words if detail is None else f"{words} ({detail})"
