"""Training samples: pairs of past reports within reach, with their labels."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.triage.decisions.assessment import AssessedReport, assess_report
from services.triage.decisions.resolution import drop_placeholder_point
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from services.triage.rules.dedup.matching import compare
from services.triage.rules.dedup.model import HOUR, Match
from services.triage.rules.dedup.scoring import on_same_street, score_items
from services.triage.rules.dedup.text_scoring import score_text
from shared.catalogue.evidence import Evidence
from workbench.evaluation.backtest import request_of
from workbench.evaluation.exports import RequestHistory


@dataclass(frozen=True, slots=True)
class Sample:
    """A report and an earlier one.

    Attributes:
        kind: Service code of the later one.
        distance: Distance in the unit of the evidence weights; None where one has no point.
        apart: Time between them in the unit of the evidence weights.
        same_kind: Whether they have one service code.
        same_street: Whether they share a street but not the address.
        same_address: Whether they share the address.
        score: Points that the evidence weights give them.
        is_duplicate: Whether they are labelled as one problem.
    """

    group: str
    kind: str
    distance: float | None
    apart: float
    same_kind: bool
    same_street: bool
    same_address: bool
    score: float
    is_duplicate: bool


def samples(
    past: RequestHistory, policy: TriagePolicy, component_of: Mapping[str, str]
) -> Iterator[Sample]:
    """Yield each pair of reports of one group within window and reach.

    Args:
        component_of: Component of each labelled request in the graph of labelled pairs.
    """
    known = CaseIndex()
    components: dict[str, str | None] = {}
    for row in past.rows:
        assessed = drop_placeholder_point(
            assess_report(request_of(row, past.city), policy), known.point_uses
        )
        evidence = assessed.city.evidence
        if assessed.query is None or evidence is None:
            continue
        own = components[assessed.report.request_id] = component_of.get(row.request_id)
        for match in _matches(assessed, known, evidence):
            other = components[match.case.opening.request_id]
            is_one = own is not None and own == other
            yield _sample(assessed, match, evidence, is_duplicate=is_one)
        known.add(assessed.new_case)


def _matches(assessed: AssessedReport, known: CaseIndex, evidence: Evidence) -> Iterator[Match]:
    found = known.find(assessed.query) if assessed.query else ()
    for case in {case.case_id: case for case in found}.values():
        match = compare(assessed.report, case, assessed.city.dedup_limits, evidence.reach)
        if (
            isinstance(match, Match)
            and match.relation == "duplicate"
            and match.basis != "same_reporter"
        ):
            yield match


def _sample(
    assessed: AssessedReport, match: Match, evidence: Evidence, *, is_duplicate: bool
) -> Sample:
    report, opening = assessed.report, match.case.opening
    group = assessed.city.dedup_limits[report.kind].group
    distance_m = match.distance_m if match.basis == "near" else None
    same_address = report.address is not None and report.address == opening.address
    items = (
        *score_items(match, report, group, evidence),
        *score_text(report, opening, evidence),
    )
    return Sample(
        group,
        report.kind,
        None if distance_m is None else evidence.distance.figure(distance_m, match.radius_m),
        evidence.apart.figure(match.time_apart / HOUR, match.window / HOUR),
        report.kind == opening.kind,
        not same_address and on_same_street(report.address, opening.address),
        same_address,
        sum(item.points for item in items),
        is_duplicate,
    )
