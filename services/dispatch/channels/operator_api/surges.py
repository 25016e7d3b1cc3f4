"""Surges over HTTP: a list, and an order to close their cases."""

from typing import Annotated

from aiohttp import web
from pydantic import Field

from services.dispatch.ports import DispatchPorts
from services.dispatch.records.answers import SurgeClosing
from services.dispatch.records.changes import strip_control_chars
from services.dispatch.records.views import ListedSurge
from shared.contract.events import Data, Event, FieldError
from shared.runtime.clock import utc_now
from shared.runtime.http import list_queries
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    json_response,
    validated,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.staff import ROLE_HEADER, Actor, StaffText, staff_member
from shared.runtime.http.unknown_fields import read_fields
from shared.staff_roles import Role
from shared.vocabulary import ClosingStatus

DEFAULT_LIMIT = 20
MAX_LIMIT = 100


class SurgeList(Data):
    """A page of surges."""

    surges: list[ListedSurge]
    """The surges, newest first."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether there are older surges."""


class ClosingOrder(Data):
    """An order to close the open cases of a surge."""

    actor: Actor
    """Operator's name for the audit, 1 to 200 characters."""
    reason: StaffText
    """Reason for the order, 1 to 4,000 characters."""
    note: StaffText
    """Note to residents, 1 to 4,000 characters."""
    status: ClosingStatus = "declined"
    """Status of the closed cases."""


class Ordered(Data):
    """Answer to an order."""

    surge_id: str
    """Id of the surge."""
    count: int
    """Number of open cases that it closes, without those of earlier orders."""


class OrderWaits(Ordered):
    """Answer to an order that waits for a second person."""

    approval_id: str
    """Id of the approval."""
    events: tuple[Event, ...] = ()
    """Always empty: the order waits as a whole, its cases have no part in it yet."""


LIST_SURGES = Operation(
    "List surges, newest first, as an operator.",
    {
        200: Content("A page of surges.", (JSON,), SurgeList),
        **list_queries.BAD_CURSOR,
        **list_queries.BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={
        "after": list_queries.PAGE["after"],
        "limit": Parameter(
            f"Maximum entries; {DEFAULT_LIMIT} by default.",
            Annotated[int, Field(ge=1, le=MAX_LIMIT)],
        ),
    },
    security=("operator",),
)
CLOSE_SURGE = Operation(
    "Close the open cases of a surge with one note, as an operator.",
    {
        200: Content(
            "Accepted; closing_count in the list shows how many are left.", (JSON,), Ordered
        ),
        202: Content(
            "More cases than one person closes at once: it waits for a second one.",
            (JSON,),
            OrderWaits,
        ),
        404: problem("There is no such surge: unknown_surge."),
        422: problem("Invalid order; errors name the fields."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The order.", (JSON,), ClosingOrder),
    headers=ROLE_HEADER,
    security=("operator",),
)
# Stands for the bureau in the cursors of the list, which is about all of them.
_ALL = "all"
_NEWEST = 2**63 - 1


def surge_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes of surges."""

    @answers_errors("Retry in a moment.")
    async def read(request: web.Request) -> web.Response:
        await core.access.callers.operator(request)
        faults: list[FieldError] = []
        limit = list_queries.number_in(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, faults)
        before = list_queries.position_in(request, "surges", _ALL, faults, otherwise=_NEWEST)
        list_queries.refuse_faults(faults)
        found = await Deadline().wait_for(core.surges(before, limit + 1))
        shown = found[:limit]
        last = shown[-1][0] if shown else before
        return json_response(
            {
                "surges": [surge for _, surge in shown],
                "next": list_queries.encode_cursor("surges", _ALL, last),
                "more": len(found) > limit,
            }
        )

    @answers_errors("Check first whether its cases are being closed.")
    async def close(request: web.Request) -> web.Response:
        operator = await staff_member(request, core.access.callers, Role.SUPERVISOR)
        fields = strip_control_chars(await read_fields(request))
        order = validated(ClosingOrder, fields, code="invalid")
        surge_id = request.match_info["surge_id"]
        closing = SurgeClosing(f"/http/{operator}", **order.model_dump(), given_at=utc_now())
        ordered = await Deadline().wait_for(core.close_surge(surge_id, closing))
        if ordered is None:
            detail = "There is no surge with this id. GET /v1/surges lists them."
            raise RefusedError(problem_response(404, "No such surge", detail, code="unknown_surge"))
        shown = Ordered(surge_id=surge_id, count=ordered.count)
        if ordered.approval_id is None:
            return json_response(shown)
        waits = OrderWaits(**shown.model_dump(), approval_id=ordered.approval_id)
        return json_response(waits, status=202)

    return [
        web.get("/v1/surges", documents(read, LIST_SURGES)),
        web.post("/v1/surges/{surge_id}/close", documents(close, CLOSE_SURGE)),
    ]
