"""The feed of a bureau's work orders over HTTP."""

from typing import Annotated

import pydantic_core
from aiohttp import web
from pydantic import Field

from services.dispatch.ports import DispatchPorts
from services.dispatch.records import FeedPage
from shared.contract.events import (
    Data,
    FieldError,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderReminded,
    WorkOrderWithdrawn,
)
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.calls import JSON, answers_errors, json_response
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.list_queries import (
    BAD_CURSOR,
    BAD_QUERY,
    DEFAULT_LIMIT,
    MAX_LIMIT,
    PAGE,
    encode_cursor,
    number_in,
    position_in,
    refuse_faults,
)
from shared.runtime.http.openapi import (
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response


class Feed(Data):
    """A page of a bureau's events."""

    events: list[WorkOrderIssued | WorkOrderChanged | WorkOrderWithdrawn | WorkOrderReminded]
    """The events, oldest first, each with the bytes of its topic."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether there are more events."""


MAX_WAIT_S = 30
READ_FEED = Operation(
    "Read the events of a bureau's work orders, with its key.",
    {
        200: Content("A page of events.", (JSON,), Feed),
        404: problem("There is no such bureau."),
        **BAD_CURSOR,
        **BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={
        **PAGE,
        "wait": Parameter(
            "Seconds to wait while there is no event; 0 by default.",
            Annotated[int, Field(ge=0, le=MAX_WAIT_S)],
        ),
    },
    security=("bureau",),
)
READ_WORK_ORDER = Operation(
    "Read the whole state of a work order, with its bureau's key.",
    {
        200: Content("The work order.", (JSON,), WorkOrder),
        404: problem("The bureau has no such work order."),
        **KEY_REFUSALS,
    },
    security=("bureau",),
)


def feed_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes by which bureaus read their work orders."""

    @answers_errors("Retry in a moment with the same cursor.")
    async def read(request: web.Request) -> web.Response:
        """Answer with the next events; wait for one if asked to."""
        bureau = await core.access.own(request)
        faults: list[FieldError] = []
        limit = number_in(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, faults)
        wait_s = number_in(request, "wait", 0, 0, MAX_WAIT_S, faults)
        after = position_in(request, "events", bureau, faults)
        refuse_faults(faults)
        page = await Deadline().wait_for(core.feed.page(bureau, after, limit))
        if not page.events and wait_s:
            await core.feed_watch.wait(bureau, after, wait_s)
            page = await Deadline().wait_for(core.feed.page(bureau, after, limit))
        return _response(page, bureau)

    @answers_errors("Retry in a moment.")
    async def read_one(request: web.Request) -> web.Response:
        """Answer with the whole state of one of the caller's work orders."""
        bureau = await core.access.bureau(request)
        order_id = request.match_info["work_order_id"]
        order = await Deadline().wait_for(core.work_order(order_id))
        if order is None or order.bureau != bureau:
            detail = "You have no work order with this id."
            raise RefusedError(
                problem_response(404, "No such work order", detail, code="unknown_work_order")
            )
        return json_response(order)

    return [
        web.get("/v1/bureaus/{code}/work-orders", documents(read, READ_FEED)),
        web.get("/v1/work-orders/{work_order_id}", documents(read_one, READ_WORK_ORDER)),
    ]


def _response(page: FeedPage, bureau: str) -> web.Response:
    """Return a page; its events have the bytes of the topic."""
    rest = {"next": encode_cursor("events", bureau, page.last), "more": page.more}
    body = b'{"events": [%b], %b' % (b", ".join(page.events), pydantic_core.to_json(rest)[1:])
    return web.Response(body=body, content_type=JSON)
