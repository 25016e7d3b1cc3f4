import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from services.triage.decisions.assessment import assess_report
from services.triage.decisions.resolution import Resolution, resolve
from services.triage.outbound import to_decision
from services.triage.policy import TriagePolicy
from services.triage.rules.dedup.case_index import CaseIndex
from shared.catalogue import load_catalogue
from shared.catalogue.evidence_file import EVIDENCE
from tests.support.builders import north_of
from tests.support.triage.factories import CATALOGUE_FOLDER, HERE, at, in_rivertown

TEXT = """
reach: 300 m
distance: {0: 60, 300 m: 0}
no_distance: 0
apart: {0: 0}
same_kind: 20
same_street: 0
default: {start: 0, duplicate: 50, possible: 30}
"""


@pytest.fixture
def rule(tmp_path: Path) -> Callable[[float], Resolution]:
    """Resolve a report ``metres`` north of here, after the earlier ones."""
    shutil.copytree(CATALOGUE_FOLDER, tmp_path / "catalogue")
    (tmp_path / "catalogue" / "rivertown.gov" / EVIDENCE).write_text(TEXT)
    policy = TriagePolicy(load_catalogue(tmp_path / "catalogue"))
    known = CaseIndex()

    def decide(metres: float) -> Resolution:
        request = in_rivertown(location=at(north_of(HERE, metres)))
        return resolve(assess_report(request, policy), known)

    return decide


def test_a_possible_duplicate_opens_a_case_of_its_own_and_names_the_other(
    rule: Callable[[float], Resolution],
) -> None:
    first, second = rule(0), rule(240)

    decision = to_decision(second, "1")

    assert decision.outcome == "possible_duplicate"
    assert first.case is not None
    assert decision.duplicate is not None
    assert decision.duplicate.of_case == first.case.case_id != decision.case_id
    assert decision.duplicate.confidence == pytest.approx(0.32, abs=0.001)


def test_a_case_opened_by_a_possible_duplicate_is_found_by_later_reports(
    rule: Callable[[float], Resolution],
) -> None:
    _, possible, later = rule(0), rule(240), rule(241)

    assert later.outcome == "duplicate"
    assert later.case == possible.case


def test_too_little_evidence_makes_a_new_case_without_a_link(
    rule: Callable[[float], Resolution],
) -> None:
    _, far = rule(0), rule(260)

    assert (far.outcome, far.match) == ("new", None)
