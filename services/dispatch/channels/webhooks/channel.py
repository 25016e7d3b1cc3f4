"""Webhooks: their administration over HTTP, and the worker that calls them."""

import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import AwareDatetime, Field, StrictBool

from services.dispatch.channels.webhooks.rules import secret_of, url_error
from services.dispatch.channels.webhooks.store import (
    SecretRefusal,
    Webhook,
    WebhookQueue,
    Webhooks,
    WebhookState,
)
from services.dispatch.channels.webhooks.worker import WebhookWorker
from services.dispatch.ports import DispatchPorts
from shared.contract.events import Data, FieldError
from shared.delivery_attempts import BreakerState
from shared.network_addresses import Network
from shared.runtime.clock import utc_now
from shared.runtime.http import list_queries
from shared.runtime.http.authentication import BureauAccess, RefusedError
from shared.runtime.http.calls import (
    JSON,
    answers_errors,
    json_response,
    refuse_fields,
    validated,
)
from shared.runtime.http.client import open_outgoing_calls
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
from shared.runtime.http.unknown_fields import read_fields
from shared.runtime.ops.audit import audit
from shared.runtime.postgres import open_pool
from shared.runtime.service import ChannelParts


class WebhookSetting(Data):
    """Setting of a bureau's webhook."""

    url: str
    """The URL: ``https``, or ``http`` to an address of ``DISPATCH_WEBHOOK_ALLOW``."""
    enabled: StrictBool
    """Whether it is called."""


class WebhookWithSecrets(Data):
    """A webhook with its secrets."""

    url: str
    """The URL."""
    enabled: bool
    """Whether it is called."""
    secrets: list[str]
    """The secrets that sign each call, ``whsec_`` and base64, the oldest first."""


class WebhookStatus(Data):
    """State of a webhook."""

    url: str
    """The URL."""
    enabled: bool
    """Whether it is called."""
    disabled_reason: Literal["operator", "gone"] | None
    """Disabled by an operator, or because it answered 410; null while enabled."""
    breaker: BreakerState
    """The circuit breaker: ``open`` after five failures in a row, then one probe every 30 s."""
    oldest_undelivered_at: AwareDatetime | None
    """Time of the oldest pending event, UTC; null for none."""


class BureauWebhook(WebhookStatus):
    """State of the webhook of a bureau."""

    bureau: str
    """Code of the bureau."""


class WebhookList(Data):
    """The webhooks of all bureaus."""

    webhooks: list[BureauWebhook]
    """Those that were ever set, by bureau."""


class LoggedCall(Data):
    """A call of a webhook."""

    event_id: str
    """Id of the event, which is the ``webhook-id``."""
    case_id: str
    """Id of the case that it is about."""
    at: AwareDatetime
    """End of the call, UTC."""
    attempt: int
    """Number of the attempt, from 1."""
    status: int | None
    """HTTP status of the answer; null without one."""
    duration_ms: int
    """Duration in milliseconds."""
    error: str | None
    """Error of a failed call; null for a delivery."""


class CallLog(Data):
    """A page of the log of calls."""

    deliveries: list[LoggedCall]
    """The calls, oldest first."""
    next: str
    """Cursor of the next page."""
    more: bool
    """Whether there are more calls."""


class ReplayedEvents(Data):
    """Events to resend, by id."""

    event_ids: Annotated[list[str], Field(max_length=10_000)]
    """The ids; unknown ones are ignored."""


class ReplayedSpan(Data):
    """Events to resend, by time."""

    since: Annotated[AwareDatetime, Field(alias="from")]
    """Time of the first events, RFC 3339 with offset."""
    until: Annotated[AwareDatetime, Field(alias="to")]
    """Time of the last events."""


class Replayed(Data):
    """Answer to a replay."""

    count: int
    """Number of events."""


_NO_WEBHOOK = {404: problem("There is no such bureau, or it has no webhook.")}
_WITH_SECRETS = Content("The webhook with its secrets.", (JSON,), WebhookWithSecrets)
SET_WEBHOOK = Operation(
    "Set a bureau's webhook, as an operator.",
    {
        200: _WITH_SECRETS,
        404: problem("There is no such bureau."),
        422: problem("The URL is not allowed, or a field is wrong."),
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("The webhook.", (JSON,), WebhookSetting),
    security=("operator",),
)
SHOW_WEBHOOK = Operation(
    "Show the state of a bureau's webhook, with its key or an operator's.",
    {200: Content("Its state.", (JSON,), WebhookStatus), **_NO_WEBHOOK, **KEY_REFUSALS},
    security=("bureau", "operator"),
)
LIST_WEBHOOKS = Operation(
    "List the webhooks of all bureaus, as an operator.",
    {200: Content("The webhooks.", (JSON,), WebhookList), **KEY_REFUSALS},
    security=("operator",),
)
ROTATE_SECRET = Operation(
    "Add a second secret; both sign each call.",
    {
        200: _WITH_SECRETS,
        409: problem("It has two secrets: retire one first."),
        **_NO_WEBHOOK,
        **KEY_REFUSALS,
    },
    security=("operator",),
)
RETIRE_SECRET = Operation(
    "Remove the older one of two secrets.",
    {
        200: _WITH_SECRETS,
        409: problem("It has only one secret: rotate first."),
        **_NO_WEBHOOK,
        **KEY_REFUSALS,
    },
    security=("operator",),
)
LIST_CALLS = Operation(
    "List the calls of a bureau's webhook, with its key or an operator's.",
    {
        200: Content("A page of calls.", (JSON,), CallLog),
        404: problem("There is no such bureau."),
        **list_queries.BAD_CURSOR,
        **list_queries.BAD_QUERY,
        **KEY_REFUSALS,
    },
    query={**list_queries.PAGE, "case_id": Parameter("Only calls about this case.")},
    security=("bureau", "operator"),
)
REPLAY = Operation(
    "Resend events to a bureau's webhook, with its key or an operator's.",
    {
        202: Content("Queued.", (JSON,), Replayed),
        422: problem("The body has neither event_ids nor from and to."),
        **_NO_WEBHOOK,
        **JSON_REFUSALS,
        **KEY_REFUSALS,
    },
    body=Content("Events to resend, by id or by time.", (JSON,), ReplayedEvents | ReplayedSpan),
    security=("bureau", "operator"),
)


_SECRET_BYTES = 32


def _shown(state: WebhookState) -> dict[str, Any]:
    return asdict(state) | {"breaker": state.breaker.state(utc_now())}


def webhook_routes(
    access: BureauAccess, webhooks: Webhooks, allow: Sequence[Network]
) -> list[web.RouteDef]:
    """Return the routes of webhooks, in public networks and those that are allowed."""

    @answers_errors("Retry in a moment.")
    async def put(request: web.Request) -> web.Response:
        bureau, operator = await access.operator(request)
        setting = _setting(await read_fields(request), allow)
        webhook = await Deadline().wait_for(
            webhooks.put(bureau, setting.url, _new_secret(), enabled=setting.enabled)
        )
        audit("webhook_set", actor=operator, bureau=bureau, enabled=setting.enabled)
        return json_response(asdict(webhook))

    @answers_errors("Retry in a moment.")
    async def show(request: web.Request) -> web.Response:
        bureau = await access.own_or_operator(request)
        state = await Deadline().wait_for(webhooks.find(bureau))
        if state is None:
            raise no_webhook()
        return json_response(WebhookStatus(**_shown(state)))

    @answers_errors("Retry in a moment.")
    async def show_all(request: web.Request) -> web.Response:
        await access.callers.operator(request)
        found = await Deadline().wait_for(webhooks.all())
        shown = [BureauWebhook(bureau=code, **_shown(state)) for code, state in found.items()]
        return json_response(WebhookList(webhooks=shown))

    @answers_errors("Check first whether it has two secrets, then retry.")
    async def rotate(request: web.Request) -> web.Response:
        bureau, operator = await access.operator(request)
        webhook = _changed(await Deadline().wait_for(webhooks.rotate(bureau, _new_secret())))
        audit("webhook_secret", actor=operator, bureau=bureau, outcome="added")
        return json_response(asdict(webhook))

    @answers_errors("Check first whether it has one secret, then retry.")
    async def retire(request: web.Request) -> web.Response:
        bureau, operator = await access.operator(request)
        webhook = _changed(await Deadline().wait_for(webhooks.retire(bureau)))
        audit("webhook_secret", actor=operator, bureau=bureau, outcome="removed")
        return json_response(asdict(webhook))

    path = "/v1/bureaus/{code}"
    return [
        web.get("/v1/webhooks", documents(show_all, LIST_WEBHOOKS)),
        web.put(f"{path}/webhook", documents(put, SET_WEBHOOK)),
        web.get(f"{path}/webhook", documents(show, SHOW_WEBHOOK)),
        web.post(f"{path}/webhook/rotate", documents(rotate, ROTATE_SECRET)),
        web.post(f"{path}/webhook/retire", documents(retire, RETIRE_SECRET)),
    ]


def _setting(fields: Any, allow: Sequence[Network]) -> WebhookSetting:  # noqa: ANN401 - any JSON
    setting = validated(WebhookSetting, fields)
    if advice := url_error(setting.url, allow):
        raise refuse_fields(FieldError(field="url", code="url_not_allowed", message=advice))
    return setting


def _changed(result: Webhook | SecretRefusal) -> Webhook:
    if isinstance(result, Webhook):
        return result
    if result == "no_webhook":
        raise no_webhook()
    detail = "A webhook has one or two secrets: rotate adds the second, retire removes one."
    raise RefusedError(problem_response(409, "Not now", detail, code=result))


def _new_secret() -> str:
    return secret_of(secrets.token_bytes(_SECRET_BYTES))


def no_webhook() -> RefusedError:
    """Return the 404 of a bureau without a webhook."""
    detail = "This bureau has no webhook. An operator can set one."
    return RefusedError(problem_response(404, "No webhook", detail, code="no_webhook"))


def delivery_routes(access: BureauAccess, webhooks: Webhooks) -> list[web.RouteDef]:
    """Return the routes of the log and of replay."""

    @answers_errors("Retry in a moment with the same cursor.")
    async def calls(request: web.Request) -> web.Response:
        bureau = await access.own_or_operator(request)
        faults: list[FieldError] = []
        after = list_queries.position_in(request, "deliveries", bureau, faults)
        limit = list_queries.number_in(
            request, "limit", list_queries.DEFAULT_LIMIT, 1, list_queries.MAX_LIMIT, faults
        )
        list_queries.refuse_faults(faults)
        case_id = request.query.get("case_id")
        found, more = await Deadline().wait_for(webhooks.calls(bureau, after, limit, case_id))
        last = found[-1]["number"] if found else after
        shown = [{k: v for k, v in call.items() if k != "number"} for call in found]
        cursor = list_queries.encode_cursor("deliveries", bureau, last)
        return json_response({"deliveries": shown, "next": cursor, "more": more})

    @answers_errors("Retry in a moment.")
    async def replay(request: web.Request) -> web.Response:
        bureau = await access.own_or_operator(request)
        chosen = _chosen(await read_fields(request))
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


def _chosen(fields: Any) -> ReplayedEvents | ReplayedSpan:  # noqa: ANN401 - any JSON
    is_by_id = isinstance(fields, dict) and "event_ids" in fields
    return validated(ReplayedEvents, fields) if is_by_id else validated(ReplayedSpan, fields)


_CONNECTIONS = 5


@asynccontextmanager
async def open_webhooks(core: DispatchPorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel of webhooks."""
    settings, webhooks = core.settings, Webhooks(core.pool, core.lock_bureau)
    dsn = settings.postgres_dsn.get_secret_value()
    async with (
        open_pool(dsn, size=_CONNECTIONS) as pool,
        open_outgoing_calls(settings.webhook_allow) as calls,
    ):
        worker = WebhookWorker(WebhookQueue(pool), calls)
        core.wake_on_commit(worker.wake)
        yield ChannelParts(
            tasks=[worker.run],
            routes=[
                *webhook_routes(core.access, webhooks, settings.webhook_allow),
                *delivery_routes(core.access, webhooks),
            ],
        )
