"""Description of the route of operators' commands for the OpenAPI document, with its bodies."""

from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, StringConstraints

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
from shared.runtime.http.openapi import (
    IDEMPOTENT,
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    problem,
)
from shared.vocabulary import ClosingStatus


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


DEFAULT_LIMIT = 20
MAX_LIMIT = 100
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4_000)]


class ListedSurge(Data):
    """A surge, with its cases counted."""

    surge_id: str
    """Id of the surge, as in ``triage-surges``."""
    jurisdiction: str
    """Id of the city."""
    dedup_group: str
    """Group of kinds that surges."""
    district: str
    """Code of the district, or ``unknown``."""
    status: Literal["open", "ended"]
    """Whether it goes on."""
    started_at: AwareDatetime
    """Its beginning, UTC."""
    ended_at: AwareDatetime | None
    """Its end, UTC; null while it goes on."""
    report_count: int
    """Independent reports, as triage announced them at its beginning or end."""
    expected: float
    """Reports to be expected in the same time."""
    case_count: int
    """Its cases."""
    open_case_count: int
    """Those of them that are open."""
    closing_count: int
    """Cases that an operator ordered to close and that are not closed yet."""


class SurgeList(Data):
    """A page of surges."""

    surges: list[ListedSurge]
    """The surges, newest first."""
    next: str
    """The cursor for the next call."""
    more: bool
    """Whether there are older ones."""


class ClosingOrder(Data):
    """An order to close the open cases of a surge."""

    actor: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
    """Operator's name for the audit, 1 to 200 characters."""
    reason: _Text
    """Reason for the order, 1 to 4,000 characters."""
    note: _Text
    """Words to residents, 1 to 4,000 characters."""
    status: ClosingStatus = "declined"
    """Status of the closed cases."""


class Ordered(Data):
    """Answer to an order."""

    surge_id: str
    """Id of the surge."""
    count: int
    """How many cases are closed by it; they were open, and no earlier order was about them."""


LIST_SURGES = Operation(
    "List surges, newest first, as an operator.",
    {
        200: Content("The next surges.", (JSON,), SurgeList),
        400: problem("The cursor is none of this list."),
        422: problem("A parameter is out of bounds; it is named."),
        **KEY_REFUSALS,
    },
    query={
        "after": Parameter("The next of the answer before; without it the list begins anew."),
        "limit": Parameter(
            f"The most surges; {DEFAULT_LIMIT} by default.",
            Annotated[int, Field(ge=1, le=MAX_LIMIT)],
        ),
    },
    security=("operator",),
)
CLOSE_SURGE = Operation(
    "Close the open cases of a surge with one note, as an operator.",
    {
        200: Content("They are being closed; the list says how many are left.", (JSON,), Ordered),
        404: problem("There is no such surge: unknown_surge."),
        422: problem("The order is wrong; each field at fault is named."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The order.", (JSON,), ClosingOrder),
    security=("operator",),
)
