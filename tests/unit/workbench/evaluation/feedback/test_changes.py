from typing import Any

from shared.contract.events import Decision
from tests.support.builders import decision, priority, request
from tests.unit.workbench.evaluation.feedback.case_log import CaseLog, reports_of
from workbench.evaluation.feedback.changes import describe_changes
from workbench.evaluation.feedback.labels import LabelledReport


def reported(service_code: str, **changes: Any) -> Decision:
    return decision(of=request(service_code=service_code), service_code=service_code, **changes)


def present(report: LabelledReport, service_code: str, probability: float) -> Decision:
    kinds = [{"service_code": service_code, "name": "Any", "probability": probability}]
    of = request(service_code=service_code, kinds=kinds)
    return decision(of=of, service_code=service_code, request_id=report.id)


def corrected(*pairs: tuple[str, str]) -> list[LabelledReport]:
    reports, cases = [], []
    for before, after in pairs:
        reports.append(reported(before, danger=("fire",), priority=priority("P1")))
        cases.append(CaseLog(reports[-1].request_id))
        cases[-1].change_kind(after)
        cases[-1].lower()
    return list(reports_of(*reports, cases=cases))


def test_corrections_are_counted_by_kind_and_danger_and_compared_with_the_present_model() -> None:
    reports = corrected(("A", "B"), ("A", "B"), ("C", "B"))
    wrong, right, _ = sorted(reports, key=lambda report: report.decision.service_code)
    now = {wrong.id: present(wrong, "A", 0.9), right.id: present(right, "B", 0.8)}

    assert list(describe_changes(reports, now)) == [
        "3 labels of kinds:",
        "  A \N{RIGHTWARDS ARROW} B: 2",
        "  C \N{RIGHTWARDS ARROW} B: 1",
        "3 labels of dangers:",
        "  fire \N{RIGHTWARDS ARROW} no danger: 3",
        "The present model decides 0 of 2 otherwise in urgency.",
        "The present model decides 1 of 2 otherwise in kind:",
        "  A, labelled B: 1, its likeliest kind at 0.90",
        "The present model decides 0 of 2 otherwise in danger.",
    ]
