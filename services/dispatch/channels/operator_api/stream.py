"""Server-sent events of case changes, for operators."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from aiohttp import web
from pydantic import Field

from services.dispatch.ports import DispatchPorts
from services.dispatch.records.answers import KeptEvent
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import Callers
from shared.runtime.http.calls import answers_errors
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import KEY_REFUSALS, Content, Operation, Parameter, documents
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import LimitReachedError, OpenLimit

_EVENT_STREAM = "text/event-stream"
_STREAM = "cases"
_PAGE = 100
# Pause of a reader that has read everything, so that many events make few queries.
_PAGES_APART_S = 0.1
# Time after which a reader that left is noticed.
_PRESENT_EVERY_S = 1.0
_COMMENT = b": still here\n\n"
_RESET = b'event: reset\ndata: {"code": "unknown_event"}\n\n'
_RETRY_AFTER_S = "15"
_LAST_ID = "Last-Event-ID"
_HEADERS = {
    "Content-Type": _EVENT_STREAM,
    "Cache-Control": "no-store",
    "X-Accel-Buffering": "no",  # a reverse proxy passes each event on at once
}

FOLLOW_CASES = Operation(
    "Follow the changes of cases as server-sent events, as an operator.",
    {
        200: Content(
            "The events of dispatch-cases from now on, or after Last-Event-ID: id is the event's, "
            "data the event on one line. A comment comes every 15 s. An event named reset means "
            "that Last-Event-ID is unknown or too old; the stream then starts at the present.",
            (_EVENT_STREAM,),
        ),
        **KEY_REFUSALS,
    },
    headers={
        _LAST_ID: Parameter("Id of the last event read.", Annotated[str, Field(max_length=500)])
    },
    security=("operator",),
)


@dataclass(frozen=True, slots=True)
class CaseStream:
    """The events of all cases as a stream.

    Each reader has its own position in the table of events, and one page of them in memory at most.
    """

    core: DispatchPorts
    comment_every_s: float = 15.0

    async def position(self, last_id: str | None) -> int | None:
        """Return the number of an event, by default the newest; None for an unknown one."""
        events = self.core.case_events
        return await events.position_of(last_id) if last_id else await events.head()

    async def send(self, request: web.Request, response: web.StreamResponse, position: int) -> None:
        """Send events until the reader leaves or the service stops."""
        clock = asyncio.get_running_loop().time
        comment_at = clock() + self.comment_every_s
        while request.transport and not self.core.case_watch.stopped:
            left_s = min(comment_at - clock(), _PRESENT_EVERY_S)
            await self.core.case_watch.wait(_STREAM, position, max(0.0, left_s))
            if clock() >= comment_at:
                await response.write(_COMMENT)
                comment_at += self.comment_every_s
            page = await Deadline().wait_for(self.core.case_events.page(position, _PAGE))
            if page:
                await response.write(b"".join(map(_frame, page)))
                position = page[-1].number
            if 0 < len(page) < _PAGE:
                await asyncio.sleep(_PAGES_APART_S)


def stream_routes(callers: Callers, stream: CaseStream, limit: OpenLimit) -> list[web.RouteDef]:
    """Return the route of the stream."""

    @answers_errors("Retry in a moment with the same Last-Event-ID.")
    async def follow(request: web.Request) -> web.StreamResponse:
        operator = await callers.operator(request)
        try:
            with limit.opened(operator):
                return await send(request)
        except LimitReachedError:
            detail, headers = "Close one, or retry in a moment.", {"Retry-After": _RETRY_AFTER_S}
            return problem_response(
                429, "Too many streams", detail, code="too_many_streams", headers=headers
            )

    async def send(request: web.Request) -> web.StreamResponse:
        found = await Deadline().wait_for(stream.position(request.headers.get(_LAST_ID)))
        begin = await Deadline().wait_for(stream.position(None)) if found is None else found
        response = web.StreamResponse(headers=_HEADERS)
        await response.prepare(request)
        with suppress(SystemicError, TransientError, ConnectionError):  # the caller resumes
            await response.write(_RESET if found is None else _COMMENT)
            await stream.send(request, response, begin or 0)
        return response

    return [web.get("/v1/stream", documents(follow, FOLLOW_CASES))]


def _frame(event: KeptEvent) -> bytes:
    """Return an event as a server-sent event; our JSON has no line breaks."""
    return b"id: %b\ndata: %b\n\n" % (event.event_id.encode(), event.value)
