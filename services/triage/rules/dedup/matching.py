"""Cases between which an operator drew a line: a report is on one side of it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from services.triage.rules.dedup.model import (
    RADIUS_ONLY,
    CaseRejection,
    Match,
    RejectionReason,
    Report,
    TriageCase,
    compare,
)
from services.triage.rules.dedup.scoring import score_match
from shared.catalogue import Dedup
from shared.catalogue.evidence import Evidence


def across_operator_split(report: Report, links: Sequence[Match]) -> list[Match]:
    """Return the links that do not count, for there is one on the report's own side of a line.

    Of two cases that an operator split the report belongs to the nearer one, whether that is open
    or not; of two that are equally near to the one with more points, then to the one that was
    opened by a report of its kind. When nothing tells them apart both count.

    Args:
        report: The report that is held against the cases.
        links: Every case that it may be about.
    """
    if not any(link.case.split_from for link in links):
        return []
    ranked = [(_rank(link, report), link) for link in links]
    return [
        link
        for rank, link in ranked
        if any(other.case.is_split_from(link.case) and better < rank for better, other in ranked)
    ]


def _rank(link: Match, report: Report) -> tuple[float, float, bool]:
    return link.distance_m or 0.0, -link.score, link.case.opening.kind != report.kind


MAX_REJECTIONS = 3
_FAR = 2.0  # times the distance that was asked for: what lies farther off needs no word

_STRONGEST_FIRST: dict[RejectionReason, int] = {
    "split_by_operator": 0,
    "too_few_points": 0,
    "closed_before": 1,
    "too_early": 1,
}
_WEAK = 2
_UNITS: dict[RejectionReason, str] = {"too_far": "m", "too_early": "h", "closed_before": "h"}


def most_relevant_rejections(
    links: Sequence[Match], rejections: Iterable[CaseRejection]
) -> tuple[CaseRejection, ...]:
    """Return the few cases that came nearest to being the one.

    Args:
        links: The one that was chosen, and those that came after it in this order.
        rejections: Cases that were out of the question.
    """
    weaker = [_weaker(link, links[0]) for link in links[1 : MAX_REJECTIONS + 1]]
    near = [one for one in rejections if _is_near(one)]
    near.sort(key=_strength)
    return tuple((weaker + near)[:MAX_REJECTIONS])


def rejection_detail(rejection: CaseRejection) -> str | None:
    """Return the figure that stood against the case, and what it was held against."""
    if rejection.measured is None or rejection.limit is None:
        return None
    had, asked = _plain(rejection.measured), _plain(rejection.limit)
    unit = _UNITS.get(rejection.code)
    return f"{had} of {asked} points" if unit is None else f"{had} {unit} of {asked} {unit}"


def _weaker(link: Match, chosen: Match) -> CaseRejection:
    if link.relation == chosen.relation and link.items:
        return CaseRejection(link.case, "weaker", link.distance_m, link.score, chosen.score)
    return CaseRejection(link.case, "weaker", link.distance_m)


def _is_near(one: CaseRejection) -> bool:
    if one.code != "too_far":
        return True
    return one.measured is not None and one.limit is not None and one.measured <= _FAR * one.limit


def _strength(one: CaseRejection) -> tuple[int, float, float, str]:
    rank = _STRONGEST_FIRST.get(one.code, _WEAK)
    points = one.measured if one.code == "too_few_points" and one.measured is not None else 0.0
    return rank, -points, one.distance_m or 0.0, one.case.case_id


def _plain(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


_SUREST_FIRST = {"duplicate": 0, "possible": 1}
_AGAIN = 2


class MatchResult(NamedTuple):
    """What became of holding a report against the known cases.

    Attributes:
        link: The case that it is about, may be about or is a recurrence of; None without one.
        rejected: The most telling of the other cases.
    """

    match: Match | None = None
    rejected: tuple[CaseRejection, ...] = ()


def find_match(
    report: Report,
    cases: Iterable[TriageCase],
    limits: Mapping[str, Dedup],
    evidence: Evidence | None = None,
) -> MatchResult:
    """Return the case that the report is about, and those that it is not.

    A case that is the same problem comes before one that may be, and that before one that is the
    same again. Of several the one with most points wins, then the nearest, then the oldest, then
    the smallest id, so the order of ``cases`` does not count.

    Args:
        report: A report that no case holds yet.
        cases: The known cases of its dedup key; those too far away may be left out, and one
            may come twice.
        limits: Window and radius of each kind.
        evidence: How the city weighs it; None where radius and window alone decide.
    """
    reach = evidence.reach if evidence else RADIUS_ONLY
    group = limits[report.kind].group
    links: list[Match] = []
    rejections: list[CaseRejection] = []
    for case in {case.opening.request_id: case for case in cases}.values():
        found = compare(report, case, limits, reach)
        if evidence is not None and isinstance(found, Match):
            found = score_match(found, report, group, evidence)
        if isinstance(found, Match):
            links.append(found)
        else:
            rejections.append(found)
    for link in across_operator_split(report, links):
        links.remove(link)
        rejections.append(CaseRejection(link.case, "split_by_operator", link.distance_m))
    links.sort(key=_preference)
    return _of_each_case(links, rejections)


def _of_each_case(links: Sequence[Match], rejections: Sequence[CaseRejection]) -> MatchResult:
    """Tell of each case once, by the best of the reports by which it is known."""
    best = {link.case.case_id: link for link in reversed(links)}
    links = [link for link in links if best[link.case.case_id] is link]
    others = [one for one in rejections if one.case.case_id not in best]
    return MatchResult(links[0] if links else None, most_relevant_rejections(links, others))


def _preference(link: Match) -> tuple[int, float, float, datetime, str]:
    case = link.case
    sure = _SUREST_FIRST.get(link.relation, _AGAIN)
    away_m = link.distance_m or 0.0
    return sure, -link.score, away_m, case.opening.observed_at, case.case_id
