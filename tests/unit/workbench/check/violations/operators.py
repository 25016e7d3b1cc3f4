"""Violations about corrections by operators."""

from shared.contract.topics import OPERATOR_COMMANDS
from tests.unit.workbench.check.history import History
from tests.unit.workbench.check.violations.registry import violates


@violates("I2")
def a_request_is_moved_though_no_operator_said_so(history: History) -> None:
    (moved,) = [s for s in history.of("case.request_attached") if s.data["moved_from"]]
    moved.blame("nobody")


@violates("I2")
def a_request_stays_in_the_case_that_was_merged(history: History) -> None:
    (merged,) = [s for s in history.of("case.closed", "dispatch-cases") if s.data["merged_into"]]
    (moved,) = [s for s in history.of("case.request_attached") if s.data["moved_from"]]
    request_id = moved.data["request_id"]
    (row,) = history.rows("dispatch_case_requests", request_id=request_id)
    history.set("dispatch_case_requests", row, case_id=merged.data["case_id"])


@violates("I2")
def a_request_that_was_split_off_stays(history: History) -> None:
    split = history.case_event("request_split").data
    (row,) = history.rows("dispatch_case_requests", request_id=split["request_id"])
    history.set("dispatch_case_requests", row, case_id=split["case_id"])


@violates("I5")
def a_priority_is_lowered_though_no_operator_said_so(history: History) -> None:
    history.case_event("priority_lowered").blame("nobody")


@violates("I5")
def a_case_falls_at_a_command_that_lowers_nothing(history: History) -> None:
    case_id = history.case_event("priority_lowered").data["case_id"]
    for joined in history.of("case.status_changed", "dispatch-cases", case_id=case_id):
        joined.edit(priority={"level": "P5", "score": 0})


@violates("I9")
def a_command_is_passed_over(history: History) -> None:
    (row, *_) = history.rows("dispatch_commands", refused_as=None)
    history.tables["dispatch_commands"].remove(row)


@violates("I10")
def a_refused_command_is_nowhere_to_be_found(history: History) -> None:
    topic = f"{OPERATOR_COMMANDS.name}-dlq"
    history.remove(*[sent for sent in history.sent if sent.topic == topic])


@violates("I12")
def triage_forgets_that_a_case_was_split_from_another(history: History) -> None:
    split = history.case_event("request_split").data
    (row,) = history.rows("triage_cases", case_id=split["to_case"])
    history.set("triage_cases", row, split_from=None)


@violates("I12")
def triage_misses_a_merge(history: History) -> None:
    (merged,) = [s for s in history.of("case.closed", "dispatch-cases") if s.data["merged_into"]]
    (row,) = history.rows("triage_cases", case_id=merged.data["case_id"])
    history.set("triage_cases", row, merged_into=None)


@violates("I12")
def triage_looks_for_a_case_where_its_first_request_was(history: History) -> None:
    (split,) = [
        s for s in history.of("case.request_split", "dispatch-cases") if s.data["opened_by"]
    ]
    (row,) = history.rows("triage_cases", case_id=split.data["case_id"])
    history.set("triage_cases", row, request_id=split.data["request_id"])


@violates("I12")
def triage_keeps_a_request_where_it_was_before_a_split(history: History) -> None:
    split = history.case_event("request_split").data
    (row,) = history.rows("triage_decisions", request_id=split["request_id"])
    history.set("triage_decisions", row, case_id=split["case_id"])
