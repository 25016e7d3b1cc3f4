"""The pages that report a problem, in three steps and a page that says it is done."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import pydantic_core
from aiohttp import web

from services.intake.acceptance.batching import SubmissionBatcher
from services.intake.channels.pages.access import PageAccess
from services.intake.channels.pages.draft import (
    CONTACT,
    KIND,
    SOURCE,
    WHAT,
    DraftReader,
    FormFault,
    ReadDraft,
    UnsentReport,
    form_faults,
)
from services.intake.channels.pages.form import PageForm, read_form
from services.intake.channels.pages.photos import UPLOADER, PhotoIntake
from services.intake.inbound.batch import RawSubmission
from services.intake.media.library import MediaLibrary
from services.intake.policy import IntakePolicy
from services.intake.records import ReceiptEvent
from services.intake.rules.media import media_url
from services.intake.rules.reporter_links import ReporterLinks
from shared.catalogue import ServiceType
from shared.contract.events import SubmissionAccepted, SubmissionReceived, new_id
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.admission import AdmissionControl
from shared.runtime.http.body_memory import BodyMemory
from shared.runtime.http.call_slots import MAX_PREVIEW_BYTES, slot_of
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.deadline import Deadline
from shared.runtime.http.problem_details import problem_response
from shared.signed_tokens import TokenSigner

PATH = "/report"
PREVIEW = f"{PATH}/preview"
_FORM, _PHOTO = "report", "photo"
"""Purposes of signed values."""
_STEPS = {"1": WHAT, "2": KIND, "3": CONTACT}


@dataclass(frozen=True, slots=True)
class _Shown:
    """A step that is about to be shown."""

    step: int
    draft: UnsentReport
    reading: ReadDraft | None = None
    faults: Sequence[FormFault] = ()
    status: int = 200
    pressed: str = ""


@dataclass(frozen=True)
class ReportPages:
    """Handlers of ``/report``.

    Attributes:
        access: The site, and addresses of callers.
        signer: Signs ids of forms and photos.
        links: Makes the link that is the reporter's own.
        reader: Reads a report before it is sent.
        photo_memory: Memory for photos, by address.
        preview_admission: Limits previews at a time, by address.
    """

    access: PageAccess
    signer: TokenSigner
    links: ReporterLinks
    reader: DraftReader
    policy: IntakePolicy
    batcher: SubmissionBatcher
    admission: AdmissionControl
    library: MediaLibrary = field(repr=False)
    photo_memory: BodyMemory
    preview_admission: AdmissionControl

    async def begin(self, request: web.Request) -> web.Response:
        """Show the empty first step."""
        return self._show(request, _Shown(WHAT, UnsentReport(PageForm(), new_id())))

    async def go_on(self, request: web.Request) -> web.Response:
        """Check the steps so far; show the next one, or send the report after the last one."""
        draft, faults = await self._read(request)
        form = draft.form
        step = _STEPS.get(form.text("step"), WHAT)
        pressed, follow, to = form.text("lang"), form.text("follow"), form.text("to")
        if follow and step == WHAT and to != "back":
            step = KIND  # a case near by, shown while the first step was written
        if step == KIND:
            draft = draft.following(follow)
        language = self.access.site.language_of(request, pressed).tag
        reading = await self.reader.read(self._data(draft, language), draft.form_id)
        if pressed or to == "back":
            step = step if pressed else max(WHAT, step - 1)
            return self._show(request, _Shown(step, draft, reading, pressed=pressed))
        faults += self._faults(draft, reading, step)
        if faults:
            first = min(fault.step for fault in faults)
            return self._show(request, _Shown(first, draft, reading, faults, status=422))
        if step == KIND and not follow and self._has_new_questions(form, reading):
            return self._show(request, _Shown(KIND, draft, reading))
        if step < CONTACT:
            return self._show(request, _Shown(step + 1, draft, reading))
        return await self._send(request, draft, reading, language)

    async def preview(self, request: web.Request) -> web.Response:
        """Tell what is known about the first step so far, for a script; it may be refused."""
        form = await read_form(request, max_bytes=MAX_PREVIEW_BYTES)
        form_id = self.signer.read(_FORM, form.text("form"))
        if form_id is None:
            raise RefusedError(problem_response(422, "Not our form", "Open the form again."))
        draft = UnsentReport(form, form_id)
        language = self.access.site.language_of(request).tag
        with slot_of(self.preview_admission, self.access.callers.address(request)):
            reading = await self.reader.read(self._data(draft, language), draft.form_id)
        location = reading.location
        return self.access.site.page(
            request,
            "preview",
            view=reading.view,
            emergency=_is_emergency(reading.view),
            found=location.point if location and location.precision == "address" else None,
            apart_m=location.disagrees_m if location else None,
        )

    async def _read(self, request: web.Request) -> tuple[UnsentReport, list[FormFault]]:
        """Return the report, under a new id where its own is not one of ours."""
        with self.photo_memory.body(self.access.callers.address(request)) as buffer:
            photo = PhotoIntake(self.library, buffer)
            form = await read_form(request, photo.take)
            known_id = self.signer.read(_FORM, form.text("form"))
            form_id = known_id or new_id()
            photo_id = await photo.keep(self.signer.key, form_id)
        if not photo_id and not form.text("remove_photo"):
            photo_id = self.signer.read(_PHOTO, form.text("photo_id"))
        faults = [FormFault("photo", photo.fault, WHAT)] if photo.fault else []
        if known_id is None:
            faults.append(FormFault("", "unknown_form", _STEPS.get(form.text("step"), WHAT)))
        return UnsentReport(form, form_id, photo_id), faults

    def _data(self, draft: UnsentReport, language: str) -> dict[str, Any]:
        photo_id = draft.photo_id
        url = media_url(self.policy.public_url, photo_id) if photo_id else None
        return draft.submission(self.access.site.city, language, url)

    def _faults(self, draft: UnsentReport, reading: ReadDraft, step: int) -> list[FormFault]:
        """Return the errors of this step and of those before it."""
        city = self.access.site.city
        faults = form_faults(reading.errors)
        if step >= KIND and not draft.form.text("follow"):
            faults += draft.answers(city, city.services.get(draft.form.text("service_code")))[1]
        if step >= CONTACT:
            region = self.policy.cities[city.id].redactor.region
            faults += draft.contact_faults(region)
        return [fault for fault in faults if fault.step <= step]

    def _has_new_questions(self, form: PageForm, reading: ReadDraft) -> bool:
        """Return True when the person chose another kind, whose questions were not shown yet."""
        code = form.text("service_code")
        return bool(code) and code != form.text("asked") and bool(reading.view["questions"])

    async def _send(
        self, request: web.Request, draft: UnsentReport, reading: ReadDraft, language: str
    ) -> web.Response:
        """Send the report; a repeat shows the same page."""
        try:
            event = await self._accept(draft, language)
        except (RefusedError, SystemicError, TransientError, TimeoutError):
            fault = FormFault("", "not_now", CONTACT)
            return self._show(request, _Shown(CONTACT, draft, reading, [fault], status=503))
        if isinstance(event, SubmissionAccepted):
            city = self.access.site.city
            kind = city.services[event.data.service_code].name.in_language(language)
            key = self.links.key(event.data.tracking_number)
            return self.access.site.page(request, "done", accepted=event.data, kind=kind, key=key)
        if any(error.code == "id_reused" for error in event.data.errors):
            return self.access.site.page(request, "sent_before", status=409)
        faults = form_faults(event.data.errors)
        first = min(fault.step for fault in faults)
        return self._show(request, _Shown(first, draft, reading, faults, status=422))

    async def _accept(self, draft: UnsentReport, language: str) -> ReceiptEvent:
        data = self._data(draft, language)
        received = SubmissionReceived(id=draft.form_id, source=SOURCE, time=utc_now(), data=data)
        with slot_of(self.admission, UPLOADER):
            async with asyncio.timeout_at(Deadline().until):
                receipt = await self.batcher.submit(
                    RawSubmission(received, pydantic_core.to_json(data))
                )
        return receipt.decode()

    def _show(self, request: web.Request, shown: _Shown) -> web.Response:
        draft, view = shown.draft, shown.reading.view if shown.reading else {}
        site = self.access.site
        language = site.language_of(request, shown.pressed).tag
        code = draft.form.text("service_code") or view.get("service_code") or ""
        kind = site.city.services.get(code)
        return site.page(
            request,
            f"report_{shown.step}",
            status=shown.status,
            pressed=shown.pressed,
            step=shown.step,
            form=draft.form,
            form_token=self.signer.sign(_FORM, draft.form_id),
            photo_token=self.signer.sign(_PHOTO, draft.photo_id) if draft.photo_id else "",
            photo_url=media_url("", draft.photo_id) if draft.photo_id else "",
            carried=draft.carried(shown.step),
            faults=shown.faults,
            fault_codes={fault.field: fault.code for fault in reversed(shown.faults)},
            view=view,
            emergency=_is_emergency(view),
            service_code=code,
            needs_contact=bool(kind and kind.needs.contact),
            kinds=_kinds(site.city.services.values(), language) if shown.step == KIND else {},
        )


def _is_emergency(view: Mapping[str, Any]) -> bool:
    return any(one["code"] == "call_911" for one in view.get("advice", ()))


def _kinds(services: Iterable[ServiceType], language: str) -> dict[str, list[tuple[str, str]]]:
    """Return code and name of each kind by heading, in the order of the names."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for service in services:
        heading = service.group.in_language(language)
        kinds.setdefault(heading, []).append((service.code, service.name.in_language(language)))
    return {heading: sorted(named, key=itemgetter(1)) for heading, named in sorted(kinds.items())}
