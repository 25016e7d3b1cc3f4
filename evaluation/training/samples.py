"""Pairs of past reports that could be of one problem, and whether people say that they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from evaluation.backtest import request_of
from evaluation.rows import Past
from services.triage.assessment import Hearing, hear, placed
from services.triage.policy import Rulebook
from services.triage.rules.dedup.case_index import KnownCases
from services.triage.rules.dedup.model import HOUR, Link, relate
from services.triage.rules.dedup.scoring import findings_of, on_same_street
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


def samples(past: Past, rulebook: Rulebook, family_of: Mapping[str, str]) -> Iterator[Sample]:
    """Return each pair of reports of one group within the window and the reach.

    Args:
        past: The history to learn from.
        rulebook: Its evidence says how far apart they may be, and what they have in common.
        family_of: Name of the family of each labelled request.
    """
    known = KnownCases()
    families: dict[str, str | None] = {}
    for row in past.rows:
        hearing = placed(hear(request_of(row, past.city), rulebook), known.points)
        evidence = hearing.city.evidence
        if hearing.search is None or evidence is None:
            continue
        mine = families[hearing.report.request_id] = family_of.get(row.request_id)
        for link in _links(hearing, known, evidence):
            other = families[link.case.opening.request_id]
            is_one = mine is not None and mine == other
            yield _sample(hearing, link, evidence, is_one_problem=is_one)
        known.add(hearing.opens)


def _links(hearing: Hearing, known: KnownCases, evidence: Evidence) -> Iterator[Link]:
    found = known.near(hearing.search) if hearing.search else ()
    for case in {case.case_id: case for case in found}.values():
        link = relate(hearing.report, case, hearing.city.limits, evidence.reach)
        if (
            isinstance(link, Link)
            and link.relation == "duplicate"
            and link.nearness != "same_reporter"
        ):
            yield link


def _sample(hearing: Hearing, link: Link, evidence: Evidence, *, is_one_problem: bool) -> Sample:
    report, opening = hearing.report, link.case.opening
    group = hearing.city.limits[report.kind].group
    near_m = link.distance_m if link.nearness == "near" else None
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
        sum(finding.points for finding in findings_of(link, report, group, evidence)),
        is_one_problem,
    )
