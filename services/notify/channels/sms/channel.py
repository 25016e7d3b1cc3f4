"""Text messages through a provider with Twilio's interface: senders, and status callbacks."""

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import aiohttp
from aiohttp import web
from pydantic import Field, StringConstraints, ValidationError

from services.notify.channels.sms.rules import STOPPED_BY_RECIPIENT, settled_state, sms_parts
from services.notify.ports import NotifyPorts
from services.notify.records import OPTED_OUT, ClaimedDelivery, MessageData
from services.notify.settings import SmsAccount
from shared.contract.events import Data
from shared.contract.events.base import Identity
from shared.runtime.http.addresses import address_of
from shared.runtime.http.calls import URLENCODED, answers_errors, body_of
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.list_queries import read_json
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
from shared.runtime.ops.metrics import SMS_PARTS
from shared.runtime.service import ChannelParts
from shared.runtime.smtp import SendOutcome

# Path of notify's route for status callbacks, and the query parameter with the message's id.
STATUS_PATH = "/v1/providers/sms/status"
NOTIFICATION = "notification"
_MAX_BYTES = 64 * 1024
# Refusals that concern the account or the provider as a whole; the message was not taken.
_NOT_TAKEN = frozenset(
    {HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}
)


def classify_response(status: int, body: Mapping[str, Any]) -> SendOutcome:
    """Return the outcome of a message from the provider's response and its JSON object, if any.

    A 5xx error other than 503 leaves it unknown whether the provider has the message.
    """
    if status == HTTPStatus.CREATED:
        sid = body.get("sid")
        return SendOutcome("accepted", provider_id=sid if isinstance(sid, str) else None)
    code = body.get("code")
    reason = f"sms_{code if isinstance(code, int) else status}"
    if code == STOPPED_BY_RECIPIENT:
        return SendOutcome("refused", OPTED_OUT)
    if status in _NOT_TAKEN or HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return SendOutcome("unreachable", reason)
    if HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR:
        return SendOutcome("refused", reason)
    return SendOutcome("unknown", reason)


@dataclass(frozen=True, slots=True)
class SmsSender:
    """Sends text messages, each over a connection of its own.

    The provider may close a kept-alive connection just as the next message is sent, which would
    leave the message's outcome unknown.
    """

    session: aiohttp.ClientSession  # HTTP client with the account's credentials
    account: SmsAccount
    render: Callable[[MessageData], str]
    public_url: str  # base URL of notify, for status callbacks

    async def connect(self) -> str | None:
        """Do nothing: no connection is kept."""

    async def send(self, claimed: ClaimedDelivery, address: str, _now: datetime) -> SendOutcome:
        """Send one message to a number, E.164."""
        sender = self.account.numbers.get(claimed.data.request.jurisdiction)
        if sender is None:
            return SendOutcome("refused", "no_channel")
        text = self.render(claimed.data)
        parts = sms_parts(text)
        callback = f"{self.public_url}{STATUS_PATH}"
        form = {
            "To": address,
            "From": sender,
            "Body": text,
            "StatusCallback": f"{callback}?{NOTIFICATION}={claimed.stored.notification_id}",
        }
        outcome = await self._post(form)
        if outcome.result == "accepted":
            SMS_PARTS.labels(parts.encoding).inc(parts.count)
        return outcome

    async def _post(self, form: Mapping[str, str]) -> SendOutcome:
        try:
            async with self.session.post(
                self.account.messages_url, data=form, allow_redirects=False
            ) as response:
                return classify_response(response.status, await _json_object(response))
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError):
            return SendOutcome("unreachable", "connection_lost")
        except (aiohttp.ClientError, TimeoutError, OSError):
            return SendOutcome("unknown", "answer_lost")


async def _json_object(response: aiohttp.ClientResponse) -> Mapping[str, Any]:
    """Return the JSON object of a response; empty for anything else, since the status decides."""
    try:
        found = await read_json(response, _MAX_BYTES)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@asynccontextmanager
async def open_senders(
    account: SmsAccount, render: Callable[[MessageData], str], public_url: str
) -> AsyncGenerator[list[SmsSender]]:
    """Yield the senders of an account; arguments as for ``SmsSender``."""
    async with aiohttp.ClientSession(
        headers={"Authorization": aiohttp.encode_basic_auth(account.name, account.token)},
        connector=aiohttp.TCPConnector(force_close=True),
        timeout=aiohttp.ClientTimeout(total=account.within_s, sock_connect=account.within_s / 2),
    ) as session:
        yield [SmsSender(session, account, render, public_url)] * account.connections


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
    unknown="ignored",
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


@asynccontextmanager
async def open_sms(core: NotifyPorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel; it has no parts where no provider is set.

    Raises ``ValueError`` where the second provider lacks the number of a city.
    """
    first, second = core.settings.sms, core.second.sms
    if first and second and first.numbers.keys() != second.numbers.keys():
        raise ValueError("NOTIFY_SECOND_SMS_NUMBERS: name the cities of NOTIFY_SMS_NUMBERS")
    accounts = [account for account in (first, second) if account]
    if not accounts:
        yield ChannelParts()
        return
    async with AsyncExitStack() as stack:
        providers = [
            await stack.enter_async_context(
                open_senders(account, core.renderer.render_sms, core.settings.base_url)
            )
            for account in accounts
        ]
        deliver = core.deliver("sms", providers, max(account.within_s for account in accounts))
        yield ChannelParts(tasks=[deliver], routes=sms_status_routes(core))
