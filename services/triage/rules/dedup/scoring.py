"""Score a match by the city's evidence: points for and against the same problem."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from math import hypot
from typing import NamedTuple

from services.triage.rules.dedup.features import area_of, streets_of
from services.triage.rules.dedup.model import HOUR, CaseRejection, Match, Report, ScoreItem
from services.triage.rules.dedup.text_scoring import has_other_danger, score_text
from shared.catalogue.evidence import Evidence, PlaceholderPoints
from shared.vocabulary import GeoPoint

# What people may tell of one problem in different ways; numbers and directions are no such thing.
_TOLD_OTHERWISE = frozenset({"other_words", "other_kinds", "other_danger"})


class PointUse(NamedTuple):
    """A case at exactly a point, with the event time of its opening report."""

    point: GeoPoint
    key: str
    opened_at: datetime


class PointUses:
    """The newest case of each dedup key at each point."""

    def __init__(self) -> None:
        self._newest: defaultdict[GeoPoint, dict[str, datetime]] = defaultdict(dict)

    def add(self, use: PointUse) -> None:
        """Count one more case."""
        newest = self._newest[use.point]
        newest[use.key] = max(newest.get(use.key, use.opened_at), use.opened_at)

    def is_placeholder(self, use: PointUse, limits: PlaceholderPoints) -> bool:
        """Return True when a report's point is a placeholder.

        Cases of its own dedup key do not count: many people may report one problem.
        """
        newest = self._newest.get(use.point, {})
        if len(newest) < limits.groups:
            return False
        others = (at for key, at in newest.items() if key != use.key)
        return sum(abs(at - use.opened_at) <= limits.within for at in others) >= limits.groups


def score_match(
    match: Match, report: Report, group: str, evidence: Evidence
) -> Match | CaseRejection:
    """Return the match with its score and relation, or a rejection when the score is too low.

    Evidence never widens radius or window: beyond the radius a match is a possible duplicate at
    most. A recurrence goes by radius alone. Two reports of the same person about a kind without
    location need no more evidence. Where the texts speak against it, whatever the place, a match is
    a possible duplicate at most; other words speak against none of which a place has one at a time.

    A report of an unsure kind needs evidence from the texts alone, for a recurrence too, and a
    danger that only one of the two names keeps them apart.
    """
    opening, away_m = match.case.opening, match.distance_m
    if report.is_unsure and has_other_danger(report, opening):
        return CaseRejection(match.case, "other_danger", away_m)
    is_recurrence = match.relation != "duplicate"
    if is_recurrence and not match.is_within_radius:
        return CaseRejection(match.case, "too_far", away_m, away_m, match.radius_m)
    if not report.is_unsure and (is_recurrence or match.basis == "same_reporter"):
        return match
    thresholds = evidence.thresholds(group)
    of_texts = tuple(score_text(report, opening, evidence))
    if thresholds.one_a_place and not report.is_unsure:
        of_texts = tuple(item for item in of_texts if item.aspect not in _TOLD_OTHERWISE)
    items = (*score_items(match, report, group, evidence), *of_texts)
    score = sum(item.points for item in items)
    is_contradicted = sum(item.points for item in of_texts) < 0
    if score >= thresholds.duplicate and match.is_within_radius and not is_contradicted:
        return match._replace(items=items)
    if score >= thresholds.possible and not is_recurrence:
        return match._replace(items=items, relation="possible")
    return CaseRejection(match.case, "too_few_points", match.distance_m, score, thresholds.possible)


def score_items(
    match: Match, report: Report, group: str, evidence: Evidence
) -> Iterator[ScoreItem]:
    """Yield each aspect beside the texts that speaks for or against the match, with its points.

    Where the kind is unsure, none speaks for it.
    """
    yield ScoreItem("group", evidence.thresholds(group).start)
    for item in _score_circumstances(match, report, evidence):
        yield item._replace(points=min(item.points, 0.0)) if report.is_unsure else item


def _score_circumstances(match: Match, report: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    opening = match.case.opening
    if usual := evidence.kinds.get(report.kind):
        yield ScoreItem("usual", usual)
    yield _score_place(match, report, evidence)
    yield ScoreItem("time", evidence.apart(match.time_apart / HOUR, match.window / HOUR))
    if report.kind == opening.kind:
        yield ScoreItem("kind", evidence.same_kind)
    yield from _score_address(report.address, opening.address, evidence)
    yield from _score_sender(match, report, evidence)


def on_same_street(one: str | None, other: str | None) -> bool:
    """Return True when two address keys are equal or share a street."""
    if one is None or other is None:
        return False
    return one == other or not streets_of(one).isdisjoint(streets_of(other))


def _score_place(match: Match, report: Report, evidence: Evidence) -> ScoreItem:
    unknown = evidence.no_distance
    if match.basis != "near" or match.distance_m is None:
        return ScoreItem("place", unknown)
    points = evidence.distance(match.distance_m, match.radius_m)
    opening = match.case.opening
    error_m = hypot(report.position_error_m, opening.position_error_m)
    if report.point == opening.point:  # of a crossing or a park it is the centre
        area_m = evidence.accuracy.vague_m.get(area_of(report.address) or "", 0.0)
        error_m = max(error_m, hypot(area_m, area_m))
    trust = evidence.accuracy.trust(error_m)
    if trust == 1:
        return ScoreItem("place", points)
    detail = f"give or take {error_m:.0f} m"
    return ScoreItem("place", unknown + trust * (points - unknown), detail)


def _score_address(one: str | None, other: str | None, evidence: Evidence) -> Iterator[ScoreItem]:
    if one is not None and one == other and area_of(one) is None:
        yield ScoreItem("address", evidence.same_address)
    elif on_same_street(one, other):
        yield ScoreItem("street", evidence.same_street)


def _score_sender(match: Match, report: Report, evidence: Evidence) -> Iterator[ScoreItem]:
    """Score one reporter by distance: back at the spot means the same, farther on the next."""
    if evidence.same_sender is None or report.reporter is None or match.distance_m is None:
        return
    if report.reporter == match.case.opening.reporter:
        yield ScoreItem("same_sender", evidence.same_sender(match.distance_m, match.radius_m))
