"""SMS in: the HTTP route that receives texts from the gateway; opens the channel."""

import re
from base64 import b64encode
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated
from xml.sax.saxutils import escape

from aiohttp import web
from pydantic import Field, StringConstraints, ValidationError

from services.intake.channels.conversations.waiting import (
    ConversationDeadlines,
    conversation_sealer,
)
from services.intake.channels.sms.conversations import SOURCE, ReceivedText, SmsConversations
from services.intake.channels.sms.picture_fetching import PictureFetcher, PictureSource
from services.intake.channels.sms.rules.pictures import MAX_PICTURES, is_plain
from services.intake.ports import IntakePorts
from shared.contract.events import Data
from shared.contract.events.base import Identity
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.errors import Route311Error
from shared.runtime.clock import utc_now
from shared.runtime.http.authentication import Callers, RefusedError
from shared.runtime.http.calls import NOT_ACCEPTABLE, URLENCODED, answers_errors, body_of, slot_of
from shared.runtime.http.client import open_judged_calls
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
from shared.runtime.http.refusals import NUMBER_RATE
from shared.runtime.http.twilio import MAX_CALLBACK_BYTES, signed_fields
from shared.runtime.ops.audit import authentication_failed
from shared.runtime.service import ChannelParts
from shared.runtime.setting_types import secrets_of

EMPTY = '<?xml version="1.0" encoding="UTF-8"?>\n<Response/>'


def twiml(message: str | None) -> str:
    """Return a response with at most one message; None for none."""
    if message is None:
        return EMPTY
    return EMPTY.replace(
        "<Response/>", f"<Response><Message>{escape(message)}</Message></Response>"
    )


_COUNT = re.compile(r"[0-9]{1,3}")


class SmsNumbersError(Route311Error):
    """A number stands for a city that the catalogue does not have."""

    code = "sms_numbers"

    def __init__(self, unknown: Collection[str], known: Collection[str]) -> None:
        super().__init__(
            f"INTAKE_SMS_NUMBERS names {', '.join(unknown)}; write one of {', '.join(known)}"
        )


class SmsForm(Data):
    """The fields of a callback that are read, as Twilio names them."""

    MessageSid: Identity
    """Id of the text: a repeat gets the same answer."""
    From: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    """The person's number, E.164."""
    To: Annotated[str, StringConstraints(max_length=100)]
    """The number of ours, E.164."""
    Body: Annotated[str, Field(max_length=MAX_DESCRIPTION)] = ""
    """The words, at most 4,000 characters."""
    NumMedia: str = "0"
    """Number of pictures; the address of each is in ``MediaUrl0``, ``MediaUrl1`` and so on."""


def pictures_of(fields: Mapping[str, str]) -> tuple[str, ...]:
    """Return the addresses of a text's pictures, ``MAX_PICTURES`` at most."""
    stated = fields.get("NumMedia", "")
    count = min(int(stated), MAX_PICTURES) if _COUNT.fullmatch(stated) else 0
    urls = (fields.get(f"MediaUrl{number}", "") for number in range(count))
    return tuple(filter(is_plain, urls))


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """The gateway of text messages."""

    tokens: Sequence[bytes]  # secrets of its signature, the present one first
    url: str | None  # URL that it calls, as set up there; None for the one that arrives here
    numbers: Mapping[str, str]

    def fields(self, request: web.Request, body: bytes) -> dict[str, str] | None:
        """Return the fields of a callback; None for one that the gateway did not sign."""
        url = self.url or f"{request.scheme}://{request.host}{request.raw_path}"
        return signed_fields(request, body, self.tokens, url)


PATH = "/v1/channels/sms"
_XML = "text/xml"
_NUMBER_BURST_S = 20.0
_TAKE = Operation(
    "Receive a text message from the gateway, signed as Twilio does.",
    {
        200: Content("The answer to the person in TwiML, with at most one message.", (_XML,)),
        400: problem("The body cannot be read."),
        403: problem("The signature is missing or wrong."),
        408: problem("The body did not arrive in time."),
        413: problem("The body is larger than 64 KiB."),
        415: problem("The body is of another type, or compressed."),
        422: problem("Fields are missing or wrong; each is listed."),
        429: problem("The number or the address calls too often.", RETRY_AFTER),
        503: problem("Overloaded, or the database does not respond; retry later.", RETRY_AFTER),
    },
    body=Content("Twilio's fields; others are ignored.", (URLENCODED,), SmsForm),
    headers={
        "X-Twilio-Signature": Parameter("HMAC-SHA1 of URL and fields with the account's token.")
    },
    unknown="ignored",
)


@asynccontextmanager
async def open_sms(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open text messages; without a gateway, reports that wait still get their deadlines."""
    settings, token, login = core.settings, core.settings.sms_token, {}
    if settings.sms_account and token:
        account = f"{settings.sms_account}:{token.get_secret_value()}"
        login = {"Authorization": f"Basic {b64encode(account.encode()).decode()}"}
    gateway = None
    if token:
        if unknown := sorted(set(settings.sms_numbers.values()) - set(core.cities)):
            raise SmsNumbersError(unknown, core.cities)
        tokens = secrets_of(token, settings.sms_token_before)
        gateway = SmsGateway(tokens, settings.sms_url, settings.sms_numbers)
    async with open_judged_calls(settings.sms_media_allow) as calls:
        source = PictureSource(calls, settings.sms_media_hosts, login)
        pictures = PictureFetcher(core, source, utc_now)
        sealer = conversation_sealer(settings.conversation_secrets)
        conversations = SmsConversations(core, sealer, pictures.wake)
        yield ChannelParts(
            tasks=[ConversationDeadlines(conversations, utc_now).run, pictures.run],
            routes=_routes(core, gateway, conversations) if gateway else (),
        )


def _routes(
    core: IntakePorts, gateway: SmsGateway, conversations: SmsConversations
) -> list[web.RouteDef]:
    by_number = TokenBuckets(per_second=1, burst_s=_NUMBER_BURST_S)

    @answers_errors("Retry in a moment with the same MessageSid.")
    async def post(request: web.Request) -> web.Response:
        """Answer with TwiML; a number that is none of ours gets an empty response."""
        form, pictures = await _signed_form(request, gateway, core.callers)
        jurisdiction = gateway.numbers.get(form.To)
        if jurisdiction is None:
            return _answer(None)
        if not by_number.try_take(form.From):
            raise RefusedError(NUMBER_RATE.response())
        text = ReceivedText(form.MessageSid, form.From, jurisdiction, form.Body, pictures)
        with slot_of(core.limits.submissions, SOURCE):
            return _answer(await Deadline().wait_for(conversations.take(text, utc_now())))

    return [web.post(PATH, documents(post, _TAKE))]


async def _signed_form(
    request: web.Request, gateway: SmsGateway, callers: Callers
) -> tuple[SmsForm, tuple[str, ...]]:
    """Return the fields and pictures of a signed call, or raise ``RefusedError``.

    A call costs its address a token, which comes back once the signature is right.
    """
    callers.charge(request)
    body = await body_of(request, URLENCODED, max_bytes=MAX_CALLBACK_BYTES)
    fields = gateway.fields(request, body)
    if fields is None:
        authentication_failed(callers.address(request), "sms_signature")
        detail = "Sign the URL and the fields with the account's token; see the guide to SMS."
        raise RefusedError(problem_response(403, "Wrong signature", detail))
    callers.refund(request)
    try:
        form = SmsForm.model_validate(fields)
    except ValidationError as error:
        errors = IntakePorts.field_errors(error)
        raise RefusedError(problem_response(422, *NOT_ACCEPTABLE, errors=errors)) from None
    return form, pictures_of(fields)


def _answer(message: str | None) -> web.Response:
    return web.Response(text=twiml(message), content_type=_XML)
