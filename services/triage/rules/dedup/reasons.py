"""Reasons of a match or a rejection: codes with figures, confidence, and those worth showing."""

from collections.abc import Iterable, Mapping, Sequence

from services.triage.rules.dedup.model import Aspect, CaseRejection, Match, RejectionReason
from shared.catalogue.evidence import MOST_POINTS

MAX_REJECTIONS = 3
_FAR_FACTOR = 2.0  # a case beyond so many times the distance limit is not worth showing

_REJECTION_RANK: Mapping[RejectionReason, int] = {
    "split_by_operator": 0,
    "too_few_points": 0,
    "unsure_kind": 0,
    "other_danger": 0,
    "closed_before": 1,
    "too_early": 1,
}
_LAST_RANK = 2
_UNITS: Mapping[RejectionReason, str] = {"too_far": "m", "too_early": "h", "closed_before": "h"}

_HOUR_S = 3600.0
# Shares of a confidence of 1; a judgement, not measured.
_EDGE_OF_RADIUS = 0.25
_END_OF_WINDOW = 0.15
_OTHER_KIND = 0.1

# Codes of the aspects without figures of their own, where they are not the aspect's name.
_SCORED_ASPECTS: Mapping[Aspect, str] = {
    "group": "usual_in_group",
    "usual": "usual_of_kind",
    "street": "same_street",
    "address": "same_address",
    "words": "rare_words",
}


def confidence(match: Match, kind: str) -> float:
    """Return the confidence of a match, from 0 to 1; the reporter's own word is certain.

    A scored match has its score as a share of 100 points. Otherwise it falls with distance and
    time apart: a match without a distance counts as one at the edge of the radius, and a time
    apart beyond the window as one at its end.
    """
    if match.basis == "said_by_reporter":
        return 1.0
    if match.items:
        return round(min(1.0, max(0.0, match.score / MOST_POINTS)), 3)
    distance = 1.0 if match.distance_m is None else match.distance_m / match.radius_m
    time = min(1.0, match.time_apart / match.window)
    other = 0.0 if kind == match.case.opening.kind else 1.0
    return round(1.0 - _EDGE_OF_RADIUS * distance - _END_OF_WINDOW * time - _OTHER_KIND * other, 2)


def match_reasons(match: Match, kind: str) -> list[tuple[str, str | None]]:
    """Return the code of each reason for a match, with its figures and points."""
    if match.basis == "said_by_reporter":
        return [(match.basis, None)]
    measured: dict[Aspect, tuple[str, str | None]] = {
        "kind": _kind_reason(match, kind),
        "place": _place_reason(match),
        "time": _time_reason(match),
    }
    if not match.items:
        return list(measured.values())
    reasons: list[tuple[str, str | None]] = []
    for item in match.items:
        named = _SCORED_ASPECTS.get(item.aspect, item.aspect)
        code, figures = measured.get(item.aspect) or (named, None)
        detail = ", ".join(filter(None, (figures, item.detail, f"{item.points:+.0f} points")))
        reasons.append((code, detail))
    return reasons


def hours_apart(match: Match) -> float:
    """Return the hours between the two reports."""
    return match.time_apart.total_seconds() / _HOUR_S


def most_relevant_rejections(
    matches: Sequence[Match], rejections: Iterable[CaseRejection]
) -> tuple[CaseRejection, ...]:
    """Return the few candidates nearest to a match; ``matches`` has the chosen match first."""
    weaker = [_weaker(match, matches[0]) for match in matches[1 : MAX_REJECTIONS + 1]]
    near = [rejection for rejection in rejections if _is_near(rejection)]
    near.sort(key=_relevance)
    return tuple((weaker + near)[:MAX_REJECTIONS])


def rejection_detail(rejection: CaseRejection) -> str | None:
    """Return the figure that ruled a candidate out, and its limit."""
    if rejection.measured is None or rejection.limit is None:
        return None
    measured, limit = _decimal(rejection.measured), _decimal(rejection.limit)
    unit = _UNITS.get(rejection.code)
    if unit is None:
        return f"{measured} of {limit} points"
    return f"{measured} {unit} of {limit} {unit}"


def _kind_reason(match: Match, kind: str) -> tuple[str, str | None]:
    other = match.case.opening.kind
    return ("same_kind", None) if kind == other else ("same_group", f"{kind} and {other}")


def _place_reason(match: Match) -> tuple[str, str | None]:
    if match.basis != "near" or match.distance_m is None:
        return match.basis, None
    code = "near" if match.is_within_radius else "in_reach"
    return code, f"{match.distance_m:.0f} m of {match.radius_m:.0f} m"


def _time_reason(match: Match) -> tuple[str, str]:
    window = match.window.total_seconds() / _HOUR_S
    is_same = match.relation in ("duplicate", "possible")
    code = "within_window" if is_same else match.relation
    return code, f"{_decimal(hours_apart(match))} h of {_decimal(window)} h"


def _weaker(match: Match, chosen: Match) -> CaseRejection:
    if match.relation == chosen.relation and match.items:
        return CaseRejection(match.case, "weaker", match.distance_m, match.score, chosen.score)
    return CaseRejection(match.case, "weaker", match.distance_m)


def _is_near(rejection: CaseRejection) -> bool:
    if rejection.code != "too_far":
        return True
    measured, limit = rejection.measured, rejection.limit
    return measured is not None and limit is not None and measured <= _FAR_FACTOR * limit


def _relevance(rejection: CaseRejection) -> tuple[int, float, float, str]:
    rank = _REJECTION_RANK.get(rejection.code, _LAST_RANK)
    points = rejection.measured or 0.0 if rejection.code == "too_few_points" else 0.0
    return rank, -points, rejection.distance_m or 0.0, rejection.case.case_id


def _decimal(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")
