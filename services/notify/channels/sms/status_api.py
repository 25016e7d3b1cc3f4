"""The HTTP route that takes the statuses of text messages from the provider."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import Field, StringConstraints, ValidationError

from services.notify.channels.sms.rules import STOPPED_BY_RECIPIENT, settled_state
from services.notify.channels.sms.sender import NOTIFICATION, STATUS_PATH
from services.notify.ports import NotifyPorts
from services.notify.records import OPTED_OUT
from shared.contract.events import Data
from shared.contract.events.base import Identity
from shared.runtime.http.addresses import address_of
from shared.runtime.http.calls import URLENCODED, answers_errors, body_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.openapi import (
    RETRY_AFTER,
    Content,
    Operation,
    Parameter,
    documents,
    problem,
)
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.twilio import MAX_CALLBACK_BYTES, signed_fields
from shared.runtime.ops.audit import authentication_failed

_WRONG_PER_SECOND = 5.0
_BURST_S = 5.0


class SmsStatusForm(Data):
    """Fields of Twilio's status callback that notify reads."""

    MessageSid: Identity
    """Id of the message at the provider."""
    MessageStatus: Annotated[str, StringConstraints(max_length=100)]
    """Delivery status, such as ``delivered`` or ``undelivered``."""
    ErrorCode: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    """Twilio's error code of a message that was not delivered."""


_TAKE = Operation(
    "Receive a delivery status from the SMS provider, signed with Twilio's scheme.",
    {
        204: Content("Recorded; a repeated status or an unknown message changes nothing."),
        403: problem("The signature is missing or wrong."),
        408: problem("The body did not arrive in time."),
        413: problem("The body is larger than 64 KiB."),
        415: problem("The body is of another type, or compressed."),
        422: problem("Fields are missing or too long."),
        429: problem("Too many unsigned calls from this address.", RETRY_AFTER),
        503: problem("Temporarily unavailable; retry.", RETRY_AFTER),
    },
    body=Content("Twilio's fields; others are ignored.", (URLENCODED,), SmsStatusForm),
    query={NOTIFICATION: Parameter("Id of the message, from the callback URL.")},
    headers={
        "X-Twilio-Signature": Parameter("HMAC-SHA1 of URL and fields with the account's token.")
    },
)


def sms_status_routes(core: NotifyPorts) -> list[web.RouteDef]:
    """Return the route, whose URL both providers call."""
    settings, accounts = core.settings, (core.settings.sms, core.second.sms)
    tokens = [token for account in accounts if account for token in account.signers]
    wrong = TokenBuckets(_WRONG_PER_SECOND, burst_s=_BURST_S)

    @answers_errors("Retry in a moment.")
    async def post(request: web.Request) -> web.Response:
        address = address_of(request, settings.trusted_proxies)
        if not wrong.try_take(address):
            headers = {"Retry-After": "2"}
            return problem_response(429, "Too many calls", "Call less often.", headers=headers)
        body = await body_of(request, URLENCODED, max_bytes=MAX_CALLBACK_BYTES)
        query = request.raw_path.partition("?")[2]
        url = f"{settings.base_url}{STATUS_PATH}{'?' if query else ''}{query}"
        fields = signed_fields(request, body, tokens, url)
        if fields is None:
            authentication_failed(address, "sms_signature")
            detail = "Sign the URL and the fields with the account's token."
            return problem_response(403, "Wrong signature", detail)
        wrong.give_back(address)
        try:
            form = SmsStatusForm.model_validate({k: v for k, v in fields.items() if v})
        except ValidationError:
            detail = "Send MessageSid, MessageStatus and, if there is one, ErrorCode."
            return problem_response(422, "Not acceptable", detail)
        if state := settled_state(form.MessageStatus):
            reason = None if state == "sent" else _reason(form)
            await Deadline().wait_for(
                core.record_status(_message_id(request), form.MessageSid, state, reason)
            )
        return web.Response(status=204)

    return [web.post(STATUS_PATH, documents(post, _TAKE))]


def _reason(form: SmsStatusForm) -> str:
    if form.ErrorCode == STOPPED_BY_RECIPIENT:
        return OPTED_OUT
    return f"sms_{form.ErrorCode or form.MessageStatus}"


def _message_id(request: web.Request) -> str | None:
    try:
        return str(UUID(request.query.get(NOTIFICATION, "")))
    except ValueError:
        return None
