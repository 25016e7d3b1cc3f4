"""The bureaus' API: the feed of their work orders, updates and pictures."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from hashlib import sha256
from typing import Annotated

import pydantic_core
from aiohttp import web
from pydantic import Field, ValidationError

from services.dispatch.channels.bureau_api.media import media_routes, open_intake
from services.dispatch.ports import DispatchPorts, IdReusedError
from services.dispatch.records.answers import FeedPage, FeedRead
from shared.contract.events import (
    Data,
    FieldError,
    UpdateReceipt,
    WorkOrder,
    WorkOrderChanged,
    WorkOrderIssued,
    WorkOrderReminded,
    WorkOrderUpdate,
    WorkOrderUpdated,
    WorkOrderWithdrawn,
)
from shared.runtime.clock import utc_now
from shared.runtime.http import list_queries
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    field_errors,
    id_reused,
    idempotency_id,
    json_response,
)
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    IDEMPOTENT,
    JSON_REFUSALS,
    KEY_REFUSALS,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.tracing import trace_of
from shared.runtime.http.unknown_fields import read_fields
from shared.runtime.postgres import attempt
from shared.runtime.service import ChannelParts


class SentUpdate(WorkOrderUpdate):
    """An update as on Kafka; path and key name its work order and bureau."""

    work_order_id: str = ""
    """Ignored."""
    bureau: str = ""
    """Ignored."""


UPDATE_WORK_ORDER = Operation(
    "Update a work order, with its bureau's key.",
    {
        200: Content("The receipt.", (JSON,), UpdateReceipt),
        404: problem("The bureau has no such work order: unknown_work_order, not_your_work_order."),
        409: problem("Not possible now: transition_not_allowed, version_conflict."),
        422: problem("Invalid update; see code and errors. Or the key was used with another body."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The update.", (JSON,), SentUpdate),
    headers=IDEMPOTENT,
    security=("bureau",),
)
_STATUS: Mapping[str, int] = {
    "unknown_work_order": 404,
    "not_your_work_order": 404,
    "transition_not_allowed": 409,
    "version_conflict": 409,
}
# The field at fault, by the code of a refusal with 422.
_FIELDS: Mapping[str, str] = {
    "missing_reason": "reason",
    "missing_transfer_to": "transfer_to",
    "unknown_bureau": "transfer_to",
}


def update_routes(core: DispatchPorts) -> list[web.RouteDef]:
    """Return the route by which bureaus update their work orders."""

    @answers_errors("Retry in a moment with the same Idempotency-Key.")
    async def post(request: web.Request) -> web.Response:
        bureau = await core.access.bureau(request)
        body, order_id = await read_fields(request), request.match_info["work_order_id"]
        named = {"work_order_id": order_id, "bureau": bureau}
        update = WorkOrderUpdated(
            id=idempotency_id(request),
            source=f"/http/{bureau}",
            time=utc_now(),
            traceparent=trace_of(request),
            data=body | named if isinstance(body, dict) else body,
        )
        digest = sha256(json.dumps([order_id, body], sort_keys=True).encode()).digest()
        work = attempt(partial(core.report_update, update, bureau, digest))
        try:
            return _response(await Deadline().wait_for(work), update)
        except IdReusedError:
            raise id_reused("update") from None

    path = "/v1/work-orders/{work_order_id}/updates"
    return [web.post(path, documents(post, UPDATE_WORK_ORDER))]


def _response(receipt: UpdateReceipt, update: WorkOrderUpdated) -> web.Response:
    if receipt.code is None:
        return json_response(receipt)
    status, message = _STATUS.get(receipt.code, 422), receipt.message or ""
    errors = list(_errors(update, receipt.code, message))
    return problem_response(status, "Refused", message, code=receipt.code, errors=errors)


def _errors(update: WorkOrderUpdated, code: str, message: str) -> Sequence[FieldError]:
    if field := _FIELDS.get(code):
        return [FieldError(field=field, code=code, message=message)]
    if code != "invalid":
        return []
    try:
        WorkOrderUpdate.model_validate(update.data)
    except ValidationError as error:
        return field_errors(error)
    return []


class Feed(Data):
    """A page of a bureau's events."""

    events: list[WorkOrderIssued | WorkOrderChanged | WorkOrderWithdrawn | WorkOrderReminded]
    """The events, oldest first, each with the bytes of its topic."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether there are more events."""


class FeedReads(Data):
    """Positions of bureaus in their feeds."""

    feeds: list[FeedRead]
    """The feeds that were ever read, by bureau."""


MAX_WAIT_S = 30
READ_FEED = Operation(
    "Read the events of a bureau's work orders, with its key.",
    {
        200: Content("A page of events.", (JSON,), Feed),
        404: problem("There is no such bureau."),
        **list_queries.BAD_CURSOR,
        **list_queries.BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={
        **list_queries.PAGE,
        "wait": Parameter(
            "Seconds to wait while there is no event; 0 by default.",
            Annotated[int, Field(ge=0, le=MAX_WAIT_S)],
        ),
    },
    security=("bureau",),
)
LIST_FEEDS = Operation(
    "List how far bureaus have read their feeds, as an operator.",
    {200: Content("The feeds.", (JSON,), FeedReads), **KEY_REFUSALS},
    security=("operator",),
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
        bureau = await core.access.own(request)
        faults: list[FieldError] = []
        limit = list_queries.number_in(
            request, "limit", list_queries.DEFAULT_LIMIT, 1, list_queries.MAX_LIMIT, faults
        )
        wait_s = list_queries.number_in(request, "wait", 0, 0, MAX_WAIT_S, faults)
        after = list_queries.position_in(request, "events", bureau, faults)
        list_queries.refuse_faults(faults)
        page = await Deadline().wait_for(core.feed.page(bureau, after, limit))
        await Deadline().wait_for(core.feed.note_read(bureau, after))
        if not page.events and wait_s:
            await core.feed_watch.wait(bureau, after, wait_s)
            page = await Deadline().wait_for(core.feed.page(bureau, after, limit))
        return _page_response(page, bureau)

    @answers_errors("Retry in a moment.")
    async def list_feeds(request: web.Request) -> web.Response:
        await core.access.callers.operator(request)
        return json_response({"feeds": await Deadline().wait_for(core.feed.reads())})

    @answers_errors("Retry in a moment.")
    async def read_one(request: web.Request) -> web.Response:
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
        web.get("/v1/feeds", documents(list_feeds, LIST_FEEDS)),
        web.get("/v1/work-orders/{work_order_id}", documents(read_one, READ_WORK_ORDER)),
    ]


def _page_response(page: FeedPage, bureau: str) -> web.Response:
    rest = {"next": list_queries.encode_cursor("events", bureau, page.last), "more": page.more}
    body = b'{"events": [%b], %b' % (b", ".join(page.events), pydantic_core.to_json(rest)[1:])
    return web.Response(body=body, content_type=JSON)


@asynccontextmanager
async def open_bureau_api(core: DispatchPorts) -> AsyncGenerator[ChannelParts]:
    """Open the bureaus' API."""
    async with open_intake(core.settings.intake_url) as intake:
        yield ChannelParts(
            routes=[*feed_routes(core), *update_routes(core), *media_routes(core, intake)]
        )
