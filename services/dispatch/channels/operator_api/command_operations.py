"""Description of the route of operators' commands for the OpenAPI document, with its bodies."""

from typing import Any

from shared.contract.events import (
    CaseClosed,
    CaseOpened,
    CasePriorityLowered,
    CasePriorityRaised,
    CaseReopened,
    CaseRequestAttached,
    CaseRequestSplit,
    CaseStatusChanged,
    Data,
    OperatorCommand,
)
from shared.runtime.http.calls import JSON
from shared.runtime.http.openapi import Content, Operation, problem
from shared.runtime.http.operation_parts import IDEMPOTENT, JSON_REFUSALS, KEY_REFUSALS


class SentCommand(OperatorCommand):
    """A command as on Kafka; the path says which case it is about."""

    case_id: Any = None
    """Ignored."""


class CommandEvents(Data):
    """Answer to a command that was executed."""

    events: list[
        CaseOpened
        | CaseRequestAttached
        | CaseStatusChanged
        | CasePriorityRaised
        | CasePriorityLowered
        | CaseRequestSplit
        | CaseClosed
        | CaseReopened
    ]
    """The events of all cases that it changed, in order, with the bytes of ``dispatch-cases``."""


COMMAND_CASE = Operation(
    "Command something about a case, as an operator.",
    {
        200: Content("It is done.", (JSON,), CommandEvents),
        404: problem("There is no such case: unknown_case."),
        409: problem(
            "The case is not so: case_closed, case_open, case_merged, cannot_raise, cannot_lower, "
            "same_bureau, same_case, other_group, only_request, request_not_in_case."
        ),
        422: problem(
            "The command is wrong: missing_level, missing_bureau, unknown_bureau, invalid. Or the "
            "key had another body: id_reused."
        ),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The command.", (JSON,), SentCommand),
    headers=IDEMPOTENT,
    security=("operator",),
)
