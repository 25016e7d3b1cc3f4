"""Violations about insight's counts."""

from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import closed_case, request_of, violates


@violates("I17")
def insight_does_not_count_a_request(history: History) -> None:
    history.drop_rows("insight_requests", request_id=request_of(history, "first"))


@violates("I17")
def insight_counts_a_request_in_another_case(history: History) -> None:
    (row, *_) = history.rows("insight_requests", request_id=request_of(history, "first"))
    history.set("insight_requests", row, case_id="0197a1b2-c3d4-7000-8000-000000000002")


@violates("I17")
def insight_lacks_a_version_of_a_case(history: History) -> None:
    (row,) = history.rows("insight_cases", case_id=closed_case(history))
    history.set("insight_cases", row, versions=1)


@violates("I17")
def insight_shows_a_closed_case_as_open(history: History) -> None:
    (row,) = history.rows("insight_cases", case_id=closed_case(history))
    history.set("insight_cases", row, status="open")
