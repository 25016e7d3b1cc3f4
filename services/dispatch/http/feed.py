"""The feed of a bureau's work orders over HTTP."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import pydantic_core
from aiohttp import web

from services.dispatch.http.access import BureauAccess, json_response, number_in
from services.dispatch.http.feed_watch import FeedWatch
from services.dispatch.http.operations import (
    DEFAULT_LIMIT,
    MAX_LIMIT,
    MAX_WAIT_S,
    READ_FEED,
    READ_WORK_ORDER,
)
from services.dispatch.rules.cursors import CursorList, decode_cursor, encode_cursor
from services.dispatch.store.bureau_events import FeedPage, PostgresFeed
from shared.contract.events import WorkOrder
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.calls import JSON, answers_errors
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import documents
from shared.runtime.http.problem_details import problem_response


@dataclass(frozen=True, slots=True)
class FeedReading:
    """The sources of the routes of the feed.

    Attributes:
        feed: The events of the bureaus.
        watch: Waits for new ones.
        work_order: Returns the present state of a work order by its id; None for an unknown one.
    """

    feed: PostgresFeed
    watch: FeedWatch
    work_order: Callable[[str], Coroutine[Any, Any, WorkOrder | None]]


def feed_routes(access: BureauAccess, reading: FeedReading) -> list[web.RouteDef]:
    """Return the routes by which bureaus read their work orders.

    Args:
        access: Says whose bureau a call may be about.
        reading: Their sources.
    """

    @answers_errors("Call again in a moment, with the same cursor.")
    async def read(request: web.Request) -> web.Response:
        """Answer with the next events; wait for one where the caller wants to."""
        bureau = await access.own(request)
        limit = number_in(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        wait_s = number_in(request, "wait", 0, 0, MAX_WAIT_S)
        after = position_in(request, "events", bureau)
        page = await Deadline().wait_for(reading.feed.page(bureau, after, limit))
        if not page.events and wait_s:
            await reading.watch.wait(bureau, after, wait_s)
            page = await Deadline().wait_for(reading.feed.page(bureau, after, limit))
        return _response(page, bureau)

    @answers_errors("Look again in a moment.")
    async def read_one(request: web.Request) -> web.Response:
        """Answer with the whole state of one of the caller's work orders."""
        bureau = await access.bureau(request)
        order_id = request.match_info["work_order_id"]
        order = await Deadline().wait_for(reading.work_order(order_id))
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


def position_in(request: web.Request, of: CursorList, bureau: str, otherwise: int = 0) -> int:
    """Return the number of the entry that a call begins after.

    Args:
        request: The call.
        of: The list that it reads.
        bureau: Code of the bureau that the list is about.
        otherwise: The number without a cursor.

    Raises:
        RefusedError: The cursor cannot be read, or is for another list or bureau.
    """
    cursor = request.query.get("after")
    if cursor is None:
        return otherwise
    number = decode_cursor(of, bureau, cursor)
    if number is None:
        detail = "Send the next of an earlier answer as after, or leave it out to begin anew."
        raise RefusedError(problem_response(400, "Bad cursor", detail, code="bad_cursor"))
    return number


def _response(page: FeedPage, bureau: str) -> web.Response:
    """Return a page; the events in it have the bytes that the topic has."""
    rest = {"next": encode_cursor("events", bureau, page.last), "more": page.more}
    body = b'{"events": [%b], %b' % (b", ".join(page.events), pydantic_core.to_json(rest)[1:])
    return web.Response(body=body, content_type=JSON)
