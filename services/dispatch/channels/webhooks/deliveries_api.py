"""The log of the calls of a bureau's webhook, and replay."""

from aiohttp import web
from pydantic import TypeAdapter, ValidationError

from services.dispatch.channels.webhooks.api import no_webhook
from services.dispatch.channels.webhooks.operations import (
    LIST_CALLS,
    REPLAY,
)
from services.dispatch.channels.webhooks.schema import ReplayedEvents, ReplayedSpan
from services.dispatch.channels.webhooks.store.webhooks import Webhooks
from shared.contract.events import FieldError
from shared.runtime.http.bureau_access import BureauAccess
from shared.runtime.http.calls import (
    answers_errors,
    body_of,
    field_errors,
    json_of,
    json_response,
    refuse_fields,
)
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

_REPLAY: TypeAdapter[ReplayedEvents | ReplayedSpan] = TypeAdapter(ReplayedEvents | ReplayedSpan)


def delivery_routes(access: BureauAccess, webhooks: Webhooks) -> list[web.RouteDef]:
    """Return the routes of the log and of replay.

    Args:
        access: Says whose bureau a call may be about.
        webhooks: The webhooks.
    """

    @answers_errors("Call again in a moment, with the same cursor.")
    async def calls(request: web.Request) -> web.Response:
        """Answer with the next calls of the log."""
        bureau = await access.own_or_operator(request)
        faults: list[FieldError] = []
        after = position_in(request, "deliveries", bureau, faults)
        limit = number_in(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT, faults)
        refuse_faults(faults)
        case_id = request.query.get("case_id")
        page = await Deadline().wait_for(webhooks.calls(bureau, after, limit, case_id))
        last = page.calls[-1]["number"] if page.calls else after
        shown = [{k: v for k, v in call.items() if k != "number"} for call in page.calls]
        cursor = encode_cursor("deliveries", bureau, last)
        return json_response({"deliveries": shown, "next": cursor, "more": page.more})

    @answers_errors("Call again in a moment.")
    async def replay(request: web.Request) -> web.Response:
        """Send events again."""
        bureau = await access.own_or_operator(request)
        chosen = _chosen(await body_of(request))
        if isinstance(chosen, ReplayedEvents):
            work = webhooks.replay_events(bureau, chosen.event_ids)
        else:
            work = webhooks.replay_span(bureau, chosen.since, chosen.until)
        count = await Deadline().wait_for(work)
        if count is None:
            raise no_webhook()
        return json_response({"count": count}, status=202)

    path = "/v1/bureaus/{code}/deliveries"
    return [
        web.get(path, documents(calls, LIST_CALLS)),
        web.post(f"{path}/replay", documents(replay, REPLAY)),
    ]


def _chosen(body: bytes) -> ReplayedEvents | ReplayedSpan:
    try:
        return _REPLAY.validate_python(json_of(body))
    except ValidationError as error:
        raise refuse_fields(*field_errors(error)) from None
