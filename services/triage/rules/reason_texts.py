"""Texts of the reason codes of a decision, in plain English."""

from collections.abc import Mapping

from services.triage.rules.priority.score import downgrade_code
from shared.catalogue import Jurisdiction, LocalText
from shared.catalogue.circumstances import Circumstances
from shared.catalogue.jurisdiction import REFERRED_TO_911

MATCH_TEXT: Mapping[str, str] = {
    "same_kind": "same kind of report",
    "same_group": "kinds that can mean the same problem",
    "near": "close by",
    "in_reach": "not far away",
    "same_address": "same address",
    "same_reporter": "same person",
    "said_by_reporter": "the reporter chose it as the same problem",
    "same_sender": "sent by the same person",
    "rare_words": "words in common",
    "other_words": "hardly a word in common",
    "likely_kinds": "kinds that both are likely about",
    "other_kinds": "likely about other kinds",
    "same_danger": "both name the danger",
    "other_danger": "a danger that only one of them names",
    "same_asset": "the same thing by its plate or number",
    "other_asset": "another thing by its plate or number",
    "same_detail": "the same direction, side or number",
    "other_detail": "another direction, side or number",
    "same_street": "same street or place",
    "within_window": "soon enough",
    "window_over": "too late to join",
    "after_closing": "the work had ended before",
    "usual_in_group": "how often such reports mean one problem",
    "usual_of_kind": "how often this kind repeats another",
}
REJECTION_TEXT: Mapping[str, str] = {
    "never_same": "such reports are never joined",
    "too_early": "this report is from too long before it",
    "closed_before": "too long ago, and its work had ended",
    "too_far": "too far away",
    "no_common_place": "no place in common",
    "other_reporter": "from another person",
    "too_few_points": "too little speaks for it",
    "unsure_kind": "of a kind that is not known, so that the place says nothing",
    "other_danger": "one of them names a danger that the other does not",
    "weaker": "another case fits better",
    "split_by_operator": "split by an operator from a case that this is nearer to",
}
_COMMON_PRIORITY_TEXT: Mapping[str, str] = {
    **{f"base_p{level}": "usual for its kind" for level in range(1, 6)},
    "classified_other": "nobody could tell its kind",
    "surge": "many report the same there",
    "doubted": "but its other words speak against it",
    "several_reporters": "several people reported it",
    "still_there": "still there after it should be dealt with",
}


def readable(code: str) -> str:
    """Return a fallback text for a code without one."""
    return code.replace("_", " ")


class ReasonTexts:
    """Texts of the reason codes of one city, as its catalogue names them."""

    def __init__(self, city: Jurisdiction, circumstances: Circumstances | None = None) -> None:
        self.emergencies = {one.code: _in_sentence(one.name) for one in city.emergencies}
        self.emergencies[REFERRED_TO_911] = "reports like this one are for 911"
        self.referrals = {code: text.en for code, text in city.referral_reasons.items()}
        self.reasons = dict(_COMMON_PRIORITY_TEXT)
        for code, name in self.emergencies.items():
            self.reasons[f"emergency_{code}"] = f"danger to life: {name}"
        for hazard in city.hazards:
            self.reasons[f"hazard_{hazard.code}"] = f"{_in_sentence(hazard.name)}, under any kind"
        for code, service in city.services.items():
            text = f"it is about another kind, “{service.name.en}”"
            self.reasons[downgrade_code(code)] = text
        for code, condition in city.conditions.items():
            self.reasons[code] = _in_sentence(condition.name)
        for place in circumstances.places if circumstances else ():
            self.reasons[place.code] = _in_sentence(city.conditions[place.when[0]].name)


def _in_sentence(name: LocalText) -> str:
    """Return a name for use inside a sentence; an abbreviation keeps its capitals."""
    first, rest = name.en[:1], name.en[1:]
    return name.en if rest[:1].isupper() else first.lower() + rest
