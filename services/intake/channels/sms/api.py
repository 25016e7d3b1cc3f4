"""The HTTP route that takes texts from the gateway."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from aiohttp import web
from pydantic import ValidationError

from services.intake.channels.sms.callback import SmsForm, SmsGateway, pictures_of
from services.intake.channels.sms.conversations import ReceivedText
from services.intake.channels.sms.submission import SOURCE
from services.intake.channels.sms.twiml import twiml
from services.intake.inbound.field_errors import from_pydantic
from shared.runtime.clock import utc_now
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.call_slots import NOT_ACCEPTABLE, slot_of
from shared.runtime.http.callers import Callers, RefusedError
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
from shared.runtime.http.shedding import NUMBER_RATE
from shared.runtime.http.twilio import MAX_CALLBACK_BYTES
from shared.runtime.ops.audit import authentication_failed

TakeText: TypeAlias = Callable[[ReceivedText, datetime], Awaitable[str | None]]

PATH = "/v1/channels/sms"
_XML = "text/xml"
_NUMBER_BURST_S = 20.0
_TAKE = Operation(
    "Take a text from the gateway, signed as Twilio does.",
    {
        200: Content("The answer to the person in TwiML, with at most one message.", (_XML,)),
        400: problem("The body cannot be read."),
        403: problem("The signature is missing or wrong."),
        408: problem("The body did not arrive in time."),
        413: problem("The body is larger than 64 KiB."),
        415: problem("The body is of another type, or compressed."),
        422: problem("Fields are wrong; each is named."),
        429: problem("The number or the address calls too often.", RETRY_AFTER),
        503: problem("It cannot be taken at the moment; call again.", RETRY_AFTER),
    },
    body=Content("Twilio's fields; others are ignored.", (URLENCODED,), SmsForm),
    headers={
        "X-Twilio-Signature": Parameter("HMAC-SHA1 of URL and fields with the account's token.")
    },
)


def sms_routes(
    gateway: SmsGateway, callers: Callers, admission: AdmissionControl, take: TakeText
) -> list[web.RouteDef]:
    """Return the route that takes texts. Idempotent by ``MessageSid``.

    Args:
        gateway: The gateway that may call.
        callers: Limits the rates of addresses whose signature is wrong.
        admission: Refuses calls above the limits.
        take: Takes a text and returns the answer.
    """
    by_number = TokenBuckets(per_second=1, burst_s=_NUMBER_BURST_S)

    @answers_errors("Send it again in a moment, with the same MessageSid.")
    async def post(request: web.Request) -> web.Response:
        """Answer with TwiML; a number that is none of ours gets an empty response."""
        form, pictures = await _signed_form(request, gateway, callers)
        jurisdiction = gateway.numbers.get(form.To)
        if jurisdiction is None:
            return _answer(None)
        if not by_number.try_take(form.From):
            raise RefusedError(NUMBER_RATE.response())
        text = ReceivedText(form.MessageSid, form.From, jurisdiction, form.Body, pictures)
        with slot_of(admission, SOURCE):
            return _answer(await Deadline().wait_for(_taken(take, text)))

    return [web.post(PATH, documents(post, _TAKE))]


async def _taken(take: TakeText, text: ReceivedText) -> str | None:
    return await take(text, utc_now())


async def _signed_form(
    request: web.Request, gateway: SmsGateway, callers: Callers
) -> tuple[SmsForm, tuple[str, ...]]:
    """Return the fields of a call that the gateway signed, and the addresses of its pictures.

    A call costs its address a token, which comes back once the signature is right.

    Raises:
        RefusedError: It did not, the address has sent too much that it did not, or fields are
            wrong.
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
        errors = from_pydantic(error.errors(include_url=False, include_input=False))
        raise RefusedError(
            problem_response(422, *NOT_ACCEPTABLE, errors=tuple(errors.values()))
        ) from None
    return form, pictures_of(fields)


def _answer(message: str | None) -> web.Response:
    return web.Response(text=twiml(message), content_type=_XML)
