"""Routes that accept submissions and updates, with the limits of those below ``/v1``."""

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

import pydantic_core
from aiohttp import web

from services.intake.acceptance.batching import SubmissionBatcher
from services.intake.channels.open311.form import (
    Parameters,
    has_pictures,
    jurisdiction_of,
    read_form,
)
from services.intake.channels.open311.responses import (
    Open311Document,
    Page,
    bad_request,
    error_of_fields,
)
from services.intake.channels.open311.schema import RequestAccepted, UpdateTaken
from services.intake.channels.open311.submission import read_submission, read_update
from services.intake.inbound.batch import RawSubmission, http_submission
from services.intake.media.fair_semaphore import Uploader
from services.intake.media.library import MediaLibrary
from services.intake.media.responses import picture_refusal
from services.intake.notes.adding import AddNote, NoteCall
from services.intake.records import Receipt
from services.intake.rules.media import RefusedPictureError, derived_media_id, media_url
from services.intake.rules.reporter_links import ReporterLinks
from shared.catalogue import Jurisdiction
from shared.contract.events import SubmissionAccepted
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.body_memory import BodyBuffer, BodyMemory
from shared.runtime.http.call_slots import CallSlot, slot_of
from shared.runtime.http.callers import Callers, authorization_of
from shared.runtime.http.calls import idempotency_id
from shared.runtime.http.deadline import Deadline


@dataclass(frozen=True, slots=True)
class FormPictures:
    """Keeps the pictures of forms.

    Attributes:
        uploads: Limits the forms of known adapters at a time, together with other uploads.
        memory: Memory for the forms of all others, by address.
        public_url: Base URL of intake, without a trailing slash.
        key: Secret from which the ids are derived.
    """

    uploads: AdmissionControl
    memory: BodyMemory
    library: MediaLibrary
    public_url: str
    key: bytes

    @contextmanager
    def hold(self, adapter: str | None, address: str) -> Iterator[BodyBuffer | None]:
        """Hold memory for a form with pictures; yield the buffer that it must be read into.

        Args:
            adapter: The adapter; None before the form is read that has its key.

        Raises:
            RefusedError: The adapter has no slot.
        """
        if adapter:
            with slot_of(self.uploads, adapter):
                yield None
        else:
            with self.memory.body(address) as buffer:
                yield buffer

    async def keep(
        self, pictures: Sequence[bytes], adapter: str, call_id: str
    ) -> list[dict[str, str]]:
        """Keep the pictures of a call; return them as media of a submission.

        Args:
            pictures: The bytes as they came.
            call_id: Id of the call; a repeat with the same pictures gets the same addresses.

        Raises:
            RefusedPictureError: One of them is not a picture that is kept.
            SystemicError: One could not be re-encoded or stored now.
        """
        media = []
        for position, picture in enumerate(pictures):
            media_id = derived_media_id(self.key, picture, adapter, call_id, str(position))
            await self.library.add_once(media_id, picture, Uploader(adapter))
            media.append({"url": media_url(self.public_url, media_id)})
        return media


@dataclass(frozen=True, slots=True)
class _Call:
    """A call whose caller is known.

    Attributes:
        parameters: Form and query; the form wins.
        pictures: The bytes of each picture of the form.
        slot: The slot that it got at the gate, or takes later.
    """

    adapter: str
    parameters: Parameters
    pictures: Sequence[bytes]
    slot: CallSlot


@dataclass(frozen=True, slots=True)
class Open311Submitting:
    """Handlers of the routes that take something.

    Attributes:
        of_updates: Refuses updates above the limits.
        add_note: Adds a note to a request.
        pictures: Keeps the pictures of forms.
        links: Makes the link by which a reporter follows the request.
    """

    jurisdictions: Mapping[str, Jurisdiction]
    callers: Callers
    admission: AdmissionControl
    of_updates: AdmissionControl
    batcher: SubmissionBatcher
    add_note: AddNote
    pictures: FormPictures
    links: ReporterLinks

    async def post(self, request: web.Request) -> Page:
        """Identify the adapter, read the form, and hand the submission in."""
        async with self._called(request) as call:
            city = jurisdiction_of(call.parameters, self.jurisdictions)
            data = read_submission(call.parameters, city)
            handed_in = http_submission(
                call.adapter,
                idempotency_id(request),
                data,
                request.headers.get("traceparent"),
            )
            data = await self._with_pictures(data, call, handed_in.id)
            handed_in = handed_in.model_copy(update={"data": data})
            raw = RawSubmission(handed_in, pydantic_core.to_json(data))
            call.slot.take(self.admission, call.adapter)
            async with asyncio.timeout_at(Deadline().until):
                return Page(_answer(await self.batcher.submit(raw), self.links))

    async def post_update(self, request: web.Request) -> Page:
        """Add an update's description to its request, as a note; its status changes nothing."""
        async with self._called(request) as call:
            jurisdiction_of(call.parameters, self.jurisdictions)
            number, data = read_update(call.parameters)
            id_ = idempotency_id(request, call.parameters.text("update_id"))
            data = await self._with_pictures(data, call, id_)
            call.slot.take(self.of_updates, call.adapter)
            note_id = await Deadline().wait_for(
                self.add_note(NoteCall(call.adapter, id_, number, data))
            )
        return Page(Open311Document("service_request_updates", [UpdateTaken(update_id=note_id)]))

    @asynccontextmanager
    async def _called(self, request: web.Request) -> AsyncGenerator[_Call]:
        """Identify the adapter and read the form; hold memory for its pictures to the end.

        A stranger pays a token before the body is read, so whatever becomes of it.
        """
        with CallSlot(request) as slot:
            identify = partial(self.callers.adapter, request, is_counted=slot.is_from_gate)
            authorization = _authorization(request, request.query.get("api_key", "").strip())
            known = await identify(authorization=authorization) if authorization else None
            if not known:
                self.callers.charge(request)
            try:
                address = self.callers.address(request)
                memory = self.pictures.hold(known, address)
                with memory if has_pictures(request) else nullcontext() as buffer:
                    form = await read_form(request, buffer)
                    parameters = Parameters.of([*form.fields, *request.query.items()])
                    in_form = _authorization(request, parameters.text("api_key"))
                    if not known:
                        self.callers.refund(request)  # the key of the form decides
                    adapter = known or await identify(authorization=in_form)
                    yield _Call(adapter, parameters, form.pictures, slot)
            except RefusedPictureError as refused:
                raise picture_refusal(refused) from None
            except web.RequestPayloadError:
                advice = "The body is not what its headers announce, such as gzip."
                raise bad_request(advice) from None

    async def _with_pictures(self, data: dict[str, Any], call: _Call, id_: str) -> dict[str, Any]:
        if not call.pictures:
            return data
        kept = await self.pictures.keep(call.pictures, call.adapter, id_)
        return data | {"media": [*data.get("media", ()), *kept]}


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
