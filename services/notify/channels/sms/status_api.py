"""The HTTP route that takes the statuses of text messages from the provider."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from aiohttp import web
from pydantic import Field, StringConstraints, ValidationError

from services.notify.channels.sms.sender import NOTIFICATION, STATUS_PATH
from services.notify.settings import NotifySettings, SecondProviders
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
    """The fields of a status callback that are read, as Twilio names them."""

    MessageSid: Identity
    """Id of the message at the provider."""
    MessageStatus: Annotated[str, StringConstraints(max_length=100)]
    """What became of it, such as ``delivered`` or ``undelivered``."""
    ErrorCode: Annotated[int | None, Field(ge=0, le=1_000_000)] = None
    """Why it was not delivered."""


_TAKE = Operation(
    "Take the status of a text message from the provider, signed as Twilio does.",
    {
        204: Content("It is taken; a repeat or an unknown message changes nothing."),
        403: problem("The signature is missing or wrong."),
        408: problem("The body did not arrive in time."),
        413: problem("The body is larger than 64 KiB."),
        415: problem("The body is of another type, or compressed."),
        422: problem("Fields are missing or too long."),
        429: problem("The address sends too much that is not signed.", RETRY_AFTER),
        503: problem("It cannot be taken at the moment; call again.", RETRY_AFTER),
    },
    body=Content("Twilio's fields; others are ignored.", (URLENCODED,), SmsStatusForm),
    query={NOTIFICATION: Parameter("Id of the message, as the callback's URL has it.")},
    headers={
        "X-Twilio-Signature": Parameter("HMAC-SHA1 of URL and fields with the account's token.")
    },
)

TakeStatus: TypeAlias = Callable[[str | None, str, str, int | None], Coroutine[Any, Any, None]]
"""Takes a message's own id, or None, its id at the provider, its status, and the error's code."""


def sms_status_routes(
    settings: NotifySettings, second: SecondProviders, take: TakeStatus
) -> list[web.RouteDef]:
    """Return the route; none without an account. Idempotent.

    Args:
        settings: The account, the URL that it calls, and trusted reverse proxies.
        second: The second account, which calls the same URL.
    """
    tokens = [token for one in (settings, second) if one.sms for token in one.sms.signers]
    if not tokens:
        return []
    wrong = TokenBuckets(_WRONG_PER_SECOND, burst_s=_BURST_S)

    @answers_errors("Send it again in a moment.")
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
        await Deadline().wait_for(
            take(_message_id(request), form.MessageSid, form.MessageStatus, form.ErrorCode)
        )
        return web.Response(status=204)

    return [web.post(STATUS_PATH, documents(post, _TAKE))]


def _message_id(request: web.Request) -> str | None:
    try:
        return str(UUID(request.query.get(NOTIFICATION, "")))
    except ValueError:
        return None
