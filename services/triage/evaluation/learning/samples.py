"""Pairs of past reports that could be of one problem, and whether people say that they are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta

from services.triage.evaluation.playing import request_of
from services.triage.evaluation.rows import Past
from services.triage.hearing import Hearing, hear
from services.triage.rulebook import Reach, Rulebook, search_for
from services.triage.rules.dedup.comparison import Link, relate
from services.triage.rules.dedup.known_cases import KnownCases
from services.triage.rules.dedup.weighing import on_same_street
from shared.catalogue.evidence import Extent

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """A report and an earlier one.

    Attributes:
        distance_m: None where one of them has no point.
        kind: Of the later one.
        is_one_problem: Whether both are of one labelled family.
    """

    group: str
    kind: str
    distance_m: float | None
    hours: float
    same_kind: bool
    same_street: bool
    is_one_problem: bool


def samples(
    past: Past, rulebook: Rulebook, family_of: Mapping[str, str], extent: Extent
) -> Iterator[Sample]:
    """Return each pair of reports of one group within the window and the reach.

    Args:
        past: The history to learn from.
        rulebook: Gives windows and groups; what it weighs does not count.
        family_of: Name of the family of each labelled request.
        extent: How far apart they may be.
    """
    known = KnownCases()
    families: dict[str, str | None] = {}
    for row in past.rows:
        hearing = hear(request_of(row, past.city), rulebook)
        if hearing.search is None:
            continue
        mine = families[hearing.report.request_id] = family_of.get(row.request_id)
        for link in _links(hearing, known, extent):
            other = families[link.case.opening.request_id]
            yield _sample(hearing, link, is_one_problem=mine is not None and mine == other)
        known.add(hearing.opens)


def _links(hearing: Hearing, known: KnownCases, extent: Extent) -> Iterator[Link]:
    city, report = hearing.city, hearing.report
    reach = city.reach_of(city.services[report.kind])
    wide = Reach(max(reach.radius_m, extent.around(0)), reach.window, reach.personal)
    search = search_for(report, hearing.opens.key, wide)
    for case in {case.case_id: case for case in known.near(search)}.values():
        link = relate(report, case, city.limits, extent)
        if (
            isinstance(link, Link)
            and link.relation == "duplicate"
            and link.nearness != "same_reporter"
        ):
            yield link


def _sample(hearing: Hearing, link: Link, *, is_one_problem: bool) -> Sample:
    report, opening = hearing.report, link.case.opening
    return Sample(
        hearing.city.limits[report.kind].group,
        report.kind,
        link.distance_m if link.nearness == "near" else None,
        link.apart / _HOUR,
        report.kind == opening.kind,
        on_same_street(report.address, opening.address),
        is_one_problem,
    )
