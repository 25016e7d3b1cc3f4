"""Descriptions of the routes of surges for the OpenAPI document, with their bodies."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from shared.contract.events import Data
from shared.runtime.http.calls import JSON
from shared.runtime.http.openapi import Content, Operation, Parameter, problem
from shared.runtime.http.operation_parts import JSON_REFUSALS, KEY_REFUSALS
from shared.vocabulary import ClosingStatus

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
