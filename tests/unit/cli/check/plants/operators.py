"""Corrections that nobody ordered, or of which nobody hears."""

from shared.topics import OPERATOR_COMMANDS
from tests.unit.cli.check.history import History
from tests.unit.cli.check.plants.planting import plant


@plant("I2")
def a_request_is_moved_though_no_operator_said_so(history: History) -> None:
    (moved,) = [s for s in history.of("case.request_attached") if s.data["moved_from"]]
    moved.blame("nobody")


@plant("I2")
def a_request_stays_in_the_case_that_was_merged(history: History) -> None:
    (merged,) = [s for s in history.of("case.closed", "dispatch-cases") if s.data["merged_into"]]
    (moved,) = [s for s in history.of("case.request_attached") if s.data["moved_from"]]
    request_id = moved.data["request_id"]
    (row,) = history.rows("dispatch_case_requests", request_id=request_id)
    history.set("dispatch_case_requests", row, case_id=merged.data["case_id"])


@plant("I2")
def a_request_that_was_split_off_stays(history: History) -> None:
    split = history.case_event("request_split").data
    (row,) = history.rows("dispatch_case_requests", request_id=split["request_id"])
    history.set("dispatch_case_requests", row, case_id=split["case_id"])


@plant("I5")
def a_priority_is_lowered_though_no_operator_said_so(history: History) -> None:
    history.case_event("priority_lowered").blame("nobody")


@plant("I5")
def a_case_falls_at_a_command_that_lowers_nothing(history: History) -> None:
    case_id = history.case_event("priority_lowered").data["case_id"]
    for joined in history.of("case.status_changed", "dispatch-cases", case_id=case_id):
        joined.edit(priority={"level": "P5", "score": 0})


@plant("I9")
def a_command_is_passed_over(history: History) -> None:
    (row, *_) = history.rows("dispatch_commands", refused_as=None)
    history.tables["dispatch_commands"].remove(row)


@plant("I10")
def a_refused_command_is_nowhere_to_be_found(history: History) -> None:
    topic = f"{OPERATOR_COMMANDS.name}-dlq"
    history.remove(*[sent for sent in history.sent if sent.topic == topic])
