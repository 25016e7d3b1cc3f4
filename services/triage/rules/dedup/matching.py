"""Find the case that a report matches: compare, score, respect operators' splits, rank."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from services.triage.rules.dedup.model import (
    HOUR,
    RADIUS_ONLY,
    CaseRejection,
    Match,
    MatchBasis,
    RejectionReason,
    Relation,
    Report,
    TriageCase,
)
from services.triage.rules.dedup.reasons import most_relevant_rejections
from services.triage.rules.dedup.scoring import score_match
from shared.catalogue import Dedup
from shared.catalogue.evidence import Evidence, Extent
from shared.vocabulary import distance_m


def follow(report: Report, case: TriageCase) -> Match:
    """Return the match of a report with the case that its reporter chose among those near by."""
    here, there = report.place, case.opening.place
    away_m = distance_m(here, there) if here is not None and there is not None else None
    time_apart = abs(report.observed_at - case.opening.observed_at)
    return Match(case, "duplicate", "said_by_reporter", time_apart, away_m, 0.0, time_apart)


def may_follow(case: TriageCase, jurisdiction: str) -> bool:
    """Return True for an open case of this city."""
    return case.closed_at is None and case.key.startswith(f"{jurisdiction}:")


_RELATION_RANK = {"duplicate": 0, "possible": 1}
_RECURRENCE_RANK = 2


class MatchResult(NamedTuple):
    """The best match of a report, if any, and the most relevant of the other candidates."""

    match: Match | None = None
    rejected: tuple[CaseRejection, ...] = ()


def find_match(
    report: Report,
    cases: Iterable[TriageCase],
    limits: Mapping[str, Dedup],
    evidence: Evidence | None = None,
) -> MatchResult:
    """Return the best match of a report, and the candidates that it does not match.

    A duplicate takes precedence over a possible duplicate, and that over a recurrence. Among
    equals the highest score wins, then the nearest, the oldest, the smallest id. The result does
    not depend on the order of ``cases``.

    Args:
        cases: Candidates of the report's dedup key. Those out of reach may be missing; duplicates
            are allowed.
        evidence: The city's weights; None when radius and window alone decide, which they cannot
            for a report of an unsure kind.
    """
    reach = evidence.reach if evidence else RADIUS_ONLY
    group = limits[report.kind].group
    matches: list[Match] = []
    rejections: list[CaseRejection] = []
    for case in {case.opening.request_id: case for case in cases}.values():
        result = compare(report, case, limits, reach)
        if isinstance(result, Match):
            if evidence is not None:
                result = score_match(result, report, group, evidence)
            elif report.is_unsure:
                result = CaseRejection(case, "unsure_kind", result.distance_m)
        if isinstance(result, Match):
            matches.append(result)
        else:
            rejections.append(result)
    for match in across_operator_split(report, matches):
        matches.remove(match)
        rejections.append(CaseRejection(match.case, "split_by_operator", match.distance_m))
    matches.sort(key=_preference)
    return _once_per_case(matches, rejections)


def compare(
    report: Report, case: TriageCase, limits: Mapping[str, Dedup], reach: Extent = RADIUS_ONLY
) -> Match | CaseRejection:
    """Compare a report with one case by time, then by location, address or reporter.

    The radius is that of the kind reported first by event time, whichever of the two arrived
    first; of the two windows the shorter counts. All bounds are inclusive, in both directions. A
    kind with a window of zero never matches. A kind with a radius of zero has no location, so
    only reports of the same person match.
    """
    opening = case.opening
    of_report, of_case = limits[report.kind], limits.get(opening.kind)
    if of_case is None:
        return CaseRejection(case, "never_same")  # the kind left the catalogue
    window = min(of_report.window, of_case.window)
    radius_m = (of_report if _came_first(report, opening) else of_case).radius_m
    relation = _relation(report, case, window)
    if relation is None:
        return _out_of_time(report, case, window)
    result = _basis(report, case, radius_m, reach)
    if isinstance(result, CaseRejection):
        return result
    basis, away_m = result
    time_apart = abs(report.observed_at - opening.observed_at)
    return Match(case, relation, basis, time_apart, away_m, radius_m, window)


def across_operator_split(report: Report, matches: Sequence[Match]) -> list[Match]:
    """Return the matches that do not count, because an operator's split puts them elsewhere.

    Of two cases that an operator split, a report belongs to the nearer one, open or closed. At
    equal distance it belongs to the one with the higher score, then to the one of its own kind.
    When all of these are equal, both count.
    """
    if not any(match.case.split_from for match in matches):
        return []
    ranked = [(_split_rank(match, report), match) for match in matches]
    return [
        match
        for rank, match in ranked
        if any(other.case.is_split_from(match.case) and better < rank for better, other in ranked)
    ]


def _came_first(report: Report, opening: Report) -> bool:
    mine, other = (report.observed_at, report.request_id), (opening.observed_at, opening.request_id)
    return mine < other


def _relation(report: Report, case: TriageCase, window: timedelta) -> Relation | None:
    if not window:
        return None
    later_by = report.observed_at - case.opening.observed_at
    closed_before = case.closed_at is not None and case.closed_at < report.observed_at
    if abs(later_by) <= window:
        return "after_closing" if closed_before else "duplicate"
    return "window_over" if later_by > window and not closed_before else None


def _out_of_time(report: Report, case: TriageCase, window: timedelta) -> CaseRejection:
    if not window:
        return CaseRejection(case, "never_same")
    time_apart = abs(report.observed_at - case.opening.observed_at)
    code: RejectionReason = "too_early" if _came_first(report, case.opening) else "closed_before"
    return CaseRejection(case, code, measured=time_apart / HOUR, limit=window / HOUR)


def _basis(
    report: Report, case: TriageCase, radius_m: float, reach: Extent
) -> tuple[MatchBasis, float | None] | CaseRejection:
    opening = case.opening
    if not radius_m:
        same = report.reporter is not None and report.reporter == opening.reporter
        return ("same_reporter", None) if same else CaseRejection(case, "other_reporter")
    here, there = report.place, opening.place
    if here is not None and there is not None:
        away_m, limit_m = distance_m(here, there), reach.around(radius_m)
        near = away_m <= limit_m
        return ("near", away_m) if near else CaseRejection(case, "too_far", away_m, away_m, limit_m)
    same = report.address is not None and report.address == opening.address
    return ("same_address", 0.0) if same else CaseRejection(case, "no_common_place")


def _split_rank(match: Match, report: Report) -> tuple[float, float, bool]:
    return match.distance_m or 0.0, -match.score, match.case.opening.kind != report.kind


def _preference(match: Match) -> tuple[int, float, float, datetime, str]:
    case = match.case
    rank = _RELATION_RANK.get(match.relation, _RECURRENCE_RANK)
    away_m = match.distance_m or 0.0
    return rank, -match.score, away_m, case.opening.observed_at, case.case_id


def _once_per_case(matches: Sequence[Match], rejections: Sequence[CaseRejection]) -> MatchResult:
    """Keep the best match of each case, of the several reports that may represent it."""
    best = {match.case.case_id: match for match in reversed(matches)}
    matches = [match for match in matches if best[match.case.case_id] is match]
    others = [one for one in rejections if one.case.case_id not in best]
    return MatchResult(matches[0] if matches else None, most_relevant_rejections(matches, others))
