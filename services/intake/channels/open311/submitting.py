"""Routes that accept submissions and updates, with the limits of those below ``/v1``."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

from aiohttp import web

from services.intake.channels.open311.form import (
    Parameters,
    has_pictures,
    jurisdiction_of,
    moment_of,
    number_of,
    read_form,
)
from services.intake.channels.open311.responses import (
    Open311Document,
    Open311Error,
    Page,
    bad_request,
    error_of_fields,
    not_found,
)
from services.intake.channels.open311.schema import RequestAccepted, UpdateTaken
from services.intake.channels.refusals import worded_refusals
from services.intake.channels.status_view import ReporterLinks
from services.intake.identifiers import read_public_id
from services.intake.pictures import media_url
from services.intake.ports import IntakePorts
from services.intake.records.notes import NoteCall
from services.intake.records.submissions import RawSubmission, Receipt, Uploader
from shared.catalogue import Attribute, Jurisdiction, ServiceType
from shared.contract.events import SubmissionAccepted
from shared.redaction import Answer
from shared.runtime.http.authentication import authorization_of
from shared.runtime.http.body_memory import BodyBuffer
from shared.runtime.http.calls import CallSlot, idempotency_id, slot_of
from shared.runtime.http.tracing import trace_of

_MAX_KEYS_TOLD = 20


def read_answers(
    given: Mapping[str, Sequence[str]], kind: ServiceType
) -> tuple[dict[str, Answer], list[str]]:
    """Return the answers and the errors; an answer to no question of the kind is kept as text."""
    questions = {question.code: question for question in kind.attributes}
    answers: dict[str, Answer] = {}
    errors = [
        f"attribute[{question.code}] is missing: {question.name.en}"
        for question in kind.attributes
        if question.required and not given.get(question.code)
    ]
    for code, texts in given.items():
        question = questions.get(code)
        if question and (advice := _advice(question, texts)):
            errors.append(f"attribute[{code}]: {advice}")
        else:
            answers[code] = _read_answer(question, texts)
    return answers, errors


def _advice(question: Attribute, texts: Sequence[str]) -> str | None:
    """Return the correction of an answer; None for a usable one."""
    if question.datatype != "multivaluelist" and len(texts) > 1:
        return "give one answer."
    match question.datatype:
        case "number":
            return None if number_of(texts[0]) is not None else "write a number, such as 3."
        case "datetime":
            example = "2026-11-24T08:10:00-08:00"
            return None if moment_of(texts[0]) else f"write a moment, such as {example}."
        case "singlevaluelist" | "multivaluelist":
            keys = [key for key, _ in question.values]
            told = ", ".join(keys[:_MAX_KEYS_TOLD])
            return None if set(texts) <= set(keys) else f"write one of the keys: {told}."
        case "string" | "text":
            return None


def _read_answer(question: Attribute | None, texts: Sequence[str]) -> Answer:
    if question and question.datatype == "multivaluelist":
        return list(texts)
    if question and question.datatype == "number" and (number := number_of(texts[0])) is not None:
        return int(number) if number.is_integer() else number
    return texts[0] if len(texts) == 1 else list(texts)


CHANNEL = "open311"
_PUBLIC = (
    "service_request_id is public and takes no update: write the tracking number in the link of "
    "service_notice."
)


def read_submission(parameters: Parameters, city: Jurisdiction) -> dict[str, Any]:
    """Return the data of a submission, or raise ``Open311Error``; validation follows."""
    code = parameters.text("service_code")
    if code is None:
        raise bad_request("service_code is missing: write a code of the service list.")
    kind = city.services.get(code)
    if kind is None:
        raise not_found("service_code was not found: write a code of the service list.")
    answers, errors = read_answers(parameters.attributes(), kind)
    location = _location(parameters, errors)
    if errors:
        raise bad_request(*errors)
    link = parameters.text("media_url")
    fields = {
        "jurisdiction": city.id,
        "channel": CHANNEL,
        "service_code": code,
        "description": parameters.text("description"),
        "location": location,
        "attributes": answers,
        "media": [{"url": link}] if link else None,
        "reporter": _reporter(parameters),
    }
    return {name: value for name, value in fields.items() if value}


def read_update(parameters: Parameters) -> tuple[str, dict[str, Any]]:
    """Return the tracking number and the note of an update, or raise ``Open311Error``."""
    number, link = parameters.text("service_request_id"), parameters.text("media_url")
    if number is None:
        raise bad_request("service_request_id is missing: write the number of the request.")
    if read_public_id(number):
        raise not_found(_PUBLIC)
    note = {"text": parameters.text("description") or "", "channel": CHANNEL}
    return number, note | ({"media": [{"url": link}]} if link else {})


def _location(parameters: Parameters, errors: list[str]) -> dict[str, Any]:
    """Return the location; an address id is passed on in words."""
    location: dict[str, Any] = {}
    for name, field in (("lat", "latitude"), ("long", "longitude")):
        try:
            location[field] = parameters.number(name)
        except Open311Error as error:
            errors += error.descriptions
    address, address_id = parameters.text("address_string"), parameters.text("address_id")
    numbered = f"Address id {address_id}" if address_id else None
    location |= {"address": address or numbered, "details": numbered if address else None}
    return {name: value for name, value in location.items() if value is not None}


def _reporter(parameters: Parameters) -> dict[str, Any]:
    names = filter(None, (parameters.text("first_name"), parameters.text("last_name")))
    email, phone = parameters.text("email"), parameters.text("phone")
    fields = {
        "name": " ".join(names),
        "email": email,
        "phone": phone,
        "status_updates": ["email"] if email else ["sms"] if phone else None,
        "account_id": parameters.text("account_id") or parameters.text("device_id"),
    }
    return {name: value for name, value in fields.items() if value}


@dataclass(frozen=True, slots=True)
class _Call:
    """A call whose caller is known; of the parameters the form wins over the query."""

    adapter: str
    parameters: Parameters
    pictures: Sequence[bytes]
    slot: CallSlot


@dataclass(frozen=True, slots=True)
class Open311Submitting:
    """Handlers of the routes that accept submissions and updates."""

    core: IntakePorts
    links: ReporterLinks

    async def post(self, request: web.Request) -> Page:
        """Identify the adapter, read the form, and submit it."""
        async with self._called(request) as call:
            city = jurisdiction_of(call.parameters, self.core.cities)
            data = read_submission(call.parameters, city)
            id_, trace = idempotency_id(request), trace_of(request)
            data = await self._with_pictures(data, call, id_)
            submission = RawSubmission.of(f"/http/{call.adapter}", id_, data, trace=trace)
            call.slot.take(self.core.limits.submissions, call.adapter)
            [receipt] = await self.core.submit(submission)
            return Page(_answer(receipt, self.links))

    async def post_update(self, request: web.Request) -> Page:
        """Add an update's description to its request, as a note; its status changes nothing."""
        async with self._called(request) as call:
            jurisdiction_of(call.parameters, self.core.cities)
            number, data = read_update(call.parameters)
            id_ = idempotency_id(request, call.parameters.text("update_id"))
            data = await self._with_pictures(data, call, id_)
            call.slot.take(self.core.limits.singly, call.adapter)
            note_id = await self.core.add_note(NoteCall(call.adapter, id_, number, data))
        return Page(Open311Document("service_request_updates", [UpdateTaken(update_id=note_id)]))

    @asynccontextmanager
    async def _called(self, request: web.Request) -> AsyncGenerator[_Call]:
        """Identify the adapter, or charge a stranger, and read the form; hold memory to the end."""
        callers = self.core.callers
        with CallSlot(request) as slot, worded_refusals():
            identify = partial(callers.adapter, request, is_counted=slot.is_from_gate)
            authorization = _authorization(request, request.query.get("api_key", "").strip())
            known = await identify(authorization=authorization) if authorization else None
            if not known:
                callers.charge(request)
            try:
                memory = self._memory(known, callers.address(request))
                with memory if has_pictures(request) else nullcontext() as buffer:
                    form = await read_form(request, buffer)
                    parameters = Parameters.of([*form.fields, *request.query.items()])
                    in_form = _authorization(request, parameters.text("api_key"))
                    if not known:
                        callers.refund(request)  # the key of the form decides
                    adapter = known or await identify(authorization=in_form)
                    yield _Call(adapter, parameters, form.pictures, slot)
            except web.RequestPayloadError:
                advice = "The body does not match its headers, such as Content-Encoding: gzip."
                raise bad_request(advice) from None

    async def _with_pictures(self, data: dict[str, Any], call: _Call, id_: str) -> dict[str, Any]:
        if not call.pictures:
            return data
        media, uploader = [*data.get("media", ())], Uploader(call.adapter)
        for position, picture in enumerate(call.pictures):
            media_id = await self.core.keep_picture(
                picture, uploader, call.adapter, id_, str(position)
            )
            media.append({"url": media_url(self.core.public_url, media_id)})
        return data | {"media": media}

    @contextmanager
    def _memory(self, adapter: str | None, address: str) -> Iterator[BodyBuffer | None]:
        """Hold memory for a form with pictures, or raise ``RefusedError``; buffers strangers."""
        if adapter:
            with slot_of(self.core.limits.uploads["adapter"], adapter):
                yield None
        else:
            with self.core.limits.memory.body(address) as buffer:
                yield buffer


def _authorization(request: web.Request, key: str | None) -> str | None:
    return authorization_of(request) or (f"Bearer {key}" if key else None)


def _answer(receipt: Receipt, links: ReporterLinks) -> Open311Document:
    event = receipt.decode()
    if not isinstance(event, SubmissionAccepted):
        raise error_of_fields(event.data.errors)
    follow = f"Follow it, and add to it: {links.url(event.data.tracking_number)}"
    accepted = RequestAccepted(
        service_request_id=event.data.public_id or event.data.tracking_number,
        service_notice=" ".join([*(advice.text for advice in event.data.advice), follow]),
        account_id=None,
    )
    return Open311Document("service_requests", [accepted])
