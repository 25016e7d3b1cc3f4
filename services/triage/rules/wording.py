"""What each code in a decision says in plain words, as part of a sentence."""

from collections.abc import Mapping

from shared.catalogue import Jurisdiction, LocalText
from shared.catalogue.circumstances import Circumstances
from shared.catalogue.jurisdiction import REFERRED_TO_911

LIKENESS: Mapping[str, str] = {
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

OBSTACLES: Mapping[str, str] = {
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


class Wording:
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
        self.points = {f"base_p{level}": _BASE for level in range(1, 6)}
        self.points |= {"classified_other": _OTHER, "surge": _SURGE}
        self.points["doubted"] = _DOUBTED
        self.points |= {"several_reporters": _SEVERAL, "still_there": _STILL_THERE}
        for code, name in self.emergencies.items():
            self.points[f"emergency_{code}"] = f"danger to life: {name}"
        for hazard in city.hazards:
            self.points[f"hazard_{hazard.code}"] = f"{_within(hazard.name)}, under any kind"
        for code, service in city.services.items():
            meant = f"meant_{code.lower().replace('-', '_')}"
            self.points[meant] = f"it is about another kind, “{service.name.en}”"
        for code, condition in city.conditions.items():
            self.points[code] = _within(condition.name)
        for place in circumstances.places if circumstances else ():
            self.points[place.code] = _within(city.conditions[place.when[0]].name)


def _within(name: LocalText) -> str:
    """Return a name as it stands within a sentence; an abbreviation keeps its capitals."""
    first, rest = name.en[:1], name.en[1:]
    return name.en if rest[:1].isupper() else first.lower() + rest
