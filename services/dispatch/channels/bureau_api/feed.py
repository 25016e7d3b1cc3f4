"""The feed of a bureau's work orders over HTTP."""

import pydantic_core
from aiohttp import web

from services.dispatch.channels.bureau_api.operations import (
    MAX_WAIT_S,
    READ_FEED,
    READ_WORK_ORDER,
)
from services.dispatch.ports import DispatchPorts
from services.dispatch.records import FeedPage
from shared.contract.events import FieldError
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.calls import JSON, answers_errors, json_response
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.list_queries import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    encode_cursor,
    number_in,
    position_in,
    refuse_faults,
)
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response


def feed_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the routes by which bureaus read their work orders."""

    @answers_errors("Call again in a moment, with the same cursor.")
    async def read(request: web.Request) -> web.Response:
        """Answer with the next events; wait for one where the caller wants to."""
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

    @answers_errors("Look again in a moment.")
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
    """Return a page; the events in it have the bytes that the topic has."""
    rest = {"next": encode_cursor("events", bureau, page.last), "more": page.more}
    body = b'{"events": [%b], %b' % (b", ".join(page.events), pydantic_core.to_json(rest)[1:])
    return web.Response(body=body, content_type=JSON)
