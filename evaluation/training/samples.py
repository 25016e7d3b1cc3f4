"""Pairs of past reports that could be of one problem, and whether people say that they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluation.backtest import request_of
from evaluation.exports import RequestHistory
from services.triage.assessment import AssessedReport, assess_report, drop_placeholder_point
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from services.triage.rules.dedup.model import HOUR, Match, compare
from services.triage.rules.dedup.scoring import on_same_street, score_items
from shared.catalogue.evidence import Evidence


@dataclass(frozen=True, slots=True)
class Sample:
    """A report and an earlier one.

    Attributes:
        kind: Of the later one.
        place: How far apart, as the evidence measures it; None where one of them has no point.
        apart: How long apart, likewise.
        same_street: Whether they share a street and are not at one address.
        words: For how many rare words in common there are points.
        score: The points that the evidence gives them.
    """

    group: str
    kind: str
    place: float | None
    apart: float
    same_kind: bool
    same_street: bool
    same_address: bool
    words: float
    score: float
    is_one_problem: bool


def samples(
    past: RequestHistory, rulebook: TriagePolicy, family_of: Mapping[str, str]
) -> Iterator[Sample]:
    """Return each pair of reports of one group within the window and the reach.

    Args:
        past: The history to learn from.
        rulebook: Its evidence says how far apart they may be, and what they have in common.
        family_of: Name of the family of each labelled request.
    """
    known = CaseIndex()
    families: dict[str, str | None] = {}
    for row in past.rows:
        hearing = drop_placeholder_point(
            assess_report(request_of(row, past.city), rulebook), known.points
        )
        evidence = hearing.city.evidence
        if hearing.search is None or evidence is None:
            continue
        mine = families[hearing.report.request_id] = family_of.get(row.request_id)
        for link in _links(hearing, known, evidence):
            other = families[link.case.opening.request_id]
            is_one = mine is not None and mine == other
            yield _sample(hearing, link, evidence, is_one_problem=is_one)
        known.add(hearing.opens)


def _links(hearing: AssessedReport, known: CaseIndex, evidence: Evidence) -> Iterator[Match]:
    found = known.near(hearing.search) if hearing.search else ()
    for case in {case.case_id: case for case in found}.values():
        link = compare(hearing.report, case, hearing.city.limits, evidence.reach)
        if (
            isinstance(link, Match)
            and link.relation == "duplicate"
            and link.basis != "same_reporter"
        ):
            yield link


def _sample(
    hearing: AssessedReport, link: Match, evidence: Evidence, *, is_one_problem: bool
) -> Sample:
    report, opening = hearing.report, link.case.opening
    group = hearing.city.limits[report.kind].group
    near_m = link.distance_m if link.basis == "near" else None
    same_address = report.address is not None and report.address == opening.address
    return Sample(
        group,
        report.kind,
        None if near_m is None else evidence.distance.figure(near_m, link.radius_m),
        evidence.apart.figure(link.apart / HOUR, link.window / HOUR),
        report.kind == opening.kind,
        not same_address and on_same_street(report.address, opening.address),
        same_address,
        evidence.words.counted(len(report.words & opening.words)),
        sum(finding.points for finding in score_items(link, report, group, evidence)),
        is_one_problem,
    )
