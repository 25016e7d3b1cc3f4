"""The pages that report a problem: what and where, the choice of its kind, contact, and done."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from aiohttp import web

from services.intake.channels.pages.access import PageAccess
from services.intake.channels.pages.draft import (
    CONTACT,
    KIND,
    WHAT,
    FormFault,
    UnsentReport,
    contact_faults,
    form_faults,
    in_page_order,
    linked_form,
)
from services.intake.channels.pages.form import UPLOADER, PageForm, read_form
from services.intake.channels.pages.kinds import KindChoices, chosen_kind, is_search, kind_choices
from services.intake.channels.pages.photos import PhotoIntake
from services.intake.channels.pages.places import place_near
from services.intake.channels.pages.site import PARAMETER
from services.intake.channels.pages.store import Drafts
from services.intake.ports import IntakePorts
from services.intake.records.submissions import KnownPlace, RawSubmission, SubmissionPreview
from shared.contract.events import SubmissionAccepted, new_id
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import MAX_PREVIEW_BYTES, slot_of
from shared.runtime.http.problem_details import problem_response
from shared.signed_tokens import TokenSigner
from shared.vocabulary import GeoPoint

PATH = "/report"
PREVIEW, EMBED = f"{PATH}/preview", "/embed"
# Purpose of signed ids.
_FORM = "report"
_MAX_SEARCH = 200  # characters
_SOURCE = "/web"  # of the submissions
_REMOVE_PHOTO = "remove_photo"  # a button of the form, with the id of a photo
STEPS = {"what": WHAT, "kind": KIND, "check": CONTACT}
RECEIPT, RECEIPT_STEP = CONTACT + 1, "receipt"
_STEP_NAMES = {step: name for name, step in STEPS.items()} | {RECEIPT: RECEIPT_STEP}


@dataclass(frozen=True, slots=True)
class _Shown:
    step: int
    draft: UnsentReport
    reading: SubmissionPreview | None = None
    faults: Sequence[FormFault] = ()
    status: int = 200
    then: str = ""  # "check" to return there, as from its links


@dataclass(frozen=True)
class ReportPages:
    """Handlers of ``/report``: a step is posted, and redirects to the address of the next one."""

    core: IntakePorts
    access: PageAccess
    signer: TokenSigner
    drafts: Drafts

    async def begin(self, request: web.Request) -> web.Response:
        """Redirect to the first step of a new report, so that Back finds it again."""
        query = request.rel_url.raw_query_string
        raise web.HTTPSeeOther(self._path(new_id(), WHAT) + (f"?{query}" if query else ""))

    async def embed(self, request: web.Request) -> web.Response:
        """Show the first step for a frame of another site; the next one opens a window."""
        form = linked_form(request.query, self.access.site.city)
        return await self._show(request, _Shown(WHAT, UnsentReport(form, new_id())), "embed")

    async def show(self, request: web.Request) -> web.Response:
        """Show a step as it was saved; without a report the first one."""
        form_id, step = self.form_id(request), STEPS.get(request.match_info["step"])
        if form_id is None or step is None:
            raise web.HTTPNotFound
        draft = await self.drafts.find(form_id)
        if draft is None and step != WHAT:
            raise self.redirect(request, form_id, WHAT)
        if draft is None:
            form = linked_form(request.query, self.access.site.city)
            return await self._show(request, _Shown(WHAT, UnsentReport(form, form_id)))
        if draft.number:
            raise self.redirect(request, form_id, RECEIPT)
        reading = await self.preview_of(draft, self.access.site.language_of(request).tag)
        then = "check" if request.query.get("then") else ""
        return await self._show(request, _Shown(step, draft, reading, then=then))

    async def go_on(self, request: web.Request) -> web.Response:
        """Save a step, and redirect to the next one, or submit the report after the last one."""
        known, draft, form, faults = await self._read(request)
        if known.number:
            return self._again(request, draft.form_id, is_same=draft == known)
        await self.drafts.save(draft)
        step, then = _step_of(form), "check" if form.text("then") else ""
        language = self._language(request, form)
        if asked := _asked_step(form, step, faults):
            raise self.redirect(request, draft.form_id, asked, language, then)
        if form.text("follow") and step == WHAT:
            step = KIND  # a case near by, shown while the first step was written
        reading = await self.preview_of(draft, language)
        faults += self._faults(draft, reading, step)
        if faults:
            first = min(step, *(fault.step for fault in faults))
            return await self._show(request, _Shown(first, draft, reading, faults, 422, then))
        if step == CONTACT:
            return await self._send(request, draft, reading, language)
        if _asks_more(form, step, reading):
            raise self.redirect(request, draft.form_id, KIND, language, then)
        if then and not self._faults(draft, reading, KIND):
            step = KIND
        raise self.redirect(request, draft.form_id, step + 1, language)

    async def preview(self, request: web.Request) -> web.Response:
        """Preview the first step for a script; it may be refused."""
        form = await read_form(request, max_bytes=MAX_PREVIEW_BYTES)
        form_id = self.signer.read(_FORM, form.text("form"))
        if form_id is None:
            raise RefusedError(problem_response(422, "Not our form", "Open the form again."))
        draft = UnsentReport(form, form_id)
        language = self.access.site.language_of(request).tag
        with slot_of(self.core.limits.previews, self.access.callers.address(request)):
            reading = await self.preview_of(draft, language)
        return await self._show(request, _Shown(WHAT, draft, reading), "preview")

    def form_id(self, request: web.Request) -> str | None:
        """Return the id of a report by its address; None for another, or a forged one."""
        return self.signer.read(_FORM, request.match_info.get("draft", ""))

    def _language(self, request: web.Request, form: PageForm) -> str:
        """Return the language whose button was pressed, else that of the page."""
        site, pressed = self.access.site, form.text("lang")
        return pressed if pressed in site.languages else site.language_of(request).tag

    def _path(self, form_id: str, step: int) -> str:
        return f"{PATH}/{self.signer.sign(_FORM, form_id)}/{_STEP_NAMES[step]}"

    def redirect(
        self, request: web.Request, form_id: str, step: int, language: str = "", then: str = ""
    ) -> web.HTTPSeeOther:
        """Return the redirection to a step, which never has what was written in its address."""
        language = language or self.access.site.language_of(request).tag
        query = urlencode({PARAMETER: language, **({"then": then} if then else {})})
        return web.HTTPSeeOther(f"{self._path(form_id, step)}?{query}")

    async def _read(
        self, request: web.Request
    ) -> tuple[UnsentReport, UnsentReport, PageForm, list[FormFault]]:
        """Return the report as saved and as posted; under a new id if its own is forged."""
        address = self.access.callers.address(request)
        with PhotoIntake(self.core, self.core.limits.memory, address) as photos:
            form = await read_form(request, photos.take)
            at = self.form_id(request)
            known_id = self.signer.read(_FORM, form.text("form")) if form.text("form") else at
            form_id, draft_id = known_id or new_id(), known_id or at
            saved = await self.drafts.find(draft_id) if draft_id else None
            known = saved or UnsentReport(PageForm(), form_id)
            before = [one for one in known.photo_ids if one != form.text(_REMOVE_PHOTO)]
            photo_ids = await photos.keep(form_id, before)
        if known_id is None:
            known = replace(known, form_id=form_id, number=None)
        given = form if is_search(form) else form.without("kind_words")
        draft = replace(known.with_step(_step_of(form), given), photo_ids=photo_ids)
        if known_id is None:
            photos.faults.append(FormFault("", "unknown_form"))
        return known, draft, form, photos.faults

    async def preview_of(self, draft: UnsentReport, language: str) -> SubmissionPreview:
        """Return the request that it would become, as far as the database answers in time."""
        return await self.core.preview(self._submission(draft, language), best_effort=True)

    def _submission(self, draft: UnsentReport, language: str) -> RawSubmission:
        data = draft.submission(self.access.site.city, language, self.core.public_url)
        return RawSubmission.of(_SOURCE, draft.form_id, data)

    def _faults(
        self, draft: UnsentReport, reading: SubmissionPreview, step: int
    ) -> list[FormFault]:
        city = self.access.site.city
        faults = form_faults(reading.errors)
        if step >= KIND and not draft.form.text("follow"):
            faults += draft.answers(city, city.services.get(draft.form.text("service_code")))[1]
        if step >= CONTACT:
            faults += contact_faults(draft.form, city.holidays_country)
        return [fault for fault in faults if fault.step <= step]

    async def _send(
        self, request: web.Request, draft: UnsentReport, reading: SubmissionPreview, language: str
    ) -> web.Response:
        try:
            with slot_of(self.core.limits.submissions, UPLOADER):
                [receipt] = await self.core.submit(self._submission(draft, language))
        except (RefusedError, SystemicError, TransientError, TimeoutError):
            fault = FormFault("", "not_now")
            return await self._show(request, _Shown(CONTACT, draft, reading, [fault], status=503))
        event = receipt.decode()
        if isinstance(event, SubmissionAccepted):
            await self.drafts.save(replace(draft, number=event.data.tracking_number))
            raise self.redirect(request, draft.form_id, RECEIPT, language)
        if any(error.code == "id_reused" for error in event.data.errors):
            return self._again(request, draft.form_id, is_same=False)
        faults = form_faults(event.data.errors)
        first = min(fault.step for fault in faults)
        return await self._show(request, _Shown(first, draft, reading, faults, status=422))

    def _again(self, request: web.Request, form_id: str, *, is_same: bool) -> web.Response:
        """Answer to a form of a report that was sent before."""
        if is_same:
            raise self.redirect(request, form_id, RECEIPT)
        return self.access.site.page(request, "sent_before", status=409)

    async def near_pin(self, draft: UnsentReport) -> KnownPlace | None:
        """Return the address at a pin that has none of its own, if the database answers in time."""
        pin = None if draft.form.text("address") else point_of(draft, None)
        return await place_near(self.core, self.access.site.city.id, pin)

    async def _show(self, request: web.Request, shown: _Shown, template: str = "") -> web.Response:
        """Show a step, by default by the template of its own."""
        draft, reading = shown.draft, shown.reading
        view = reading.view if reading else {}
        site = self.access.site
        language = site.language_of(request).tag
        kind = site.city.services.get(chosen_kind(draft.form, view))
        return site.page(
            request,
            template or f"report_{shown.step}",
            status=shown.status,
            framed_by=site.city.pages.framed_by if template == "embed" else (),
            step=shown.step,
            then=shown.then,
            form=draft.form,
            form_token=self.signer.sign(_FORM, draft.form_id),
            steps={step: self._path(draft.form_id, step) for step in STEPS.values()},
            photo_urls=draft.photo_urls(),
            faults=in_page_order(shown.faults, view.get("questions", ())),
            view=view,
            advice=advice_of(view),
            found=(reading.found or ("" if reading.is_lost else None)) if reading else None,
            apart_m=reading.apart_m if reading else None,
            point=point_of(draft, reading),
            near_pin=await self.near_pin(draft) if shown.step == CONTACT else None,
            needs_contact=bool(kind and kind.needs.contact),
            linked=kind if shown.step == WHAT and not draft.form.text("description") else None,
            kinds=self._kinds(draft.form, view, language) if shown.step == KIND else None,
        )

    def _kinds(self, form: PageForm, view: Mapping[str, Any], language: str) -> KindChoices:
        city = self.access.site.city
        words = form.text("kind_words")[:_MAX_SEARCH]
        return kind_choices(
            city,
            language,
            chosen_kind(form, view),
            [kind["service_code"] for kind in view.get("kinds", ())],
            self.core.search_kinds(city.id, words) if words else None,
        )


def _step_of(form: PageForm) -> int:
    step = form.text("step")
    return int(step) if step in {"1", "2", "3"} else WHAT


def _asked_step(form: PageForm, step: int, faults: Sequence[FormFault]) -> int | None:
    """Return the step that another button than the main one leads to; None for the main one.

    A photo may be removed while others come, whose faults are shown.
    """
    if form.text("lang") or (form.text(_REMOVE_PHOTO) and not faults):
        return step
    if form.text("to") == "back":
        return max(WHAT, step - 1)
    return KIND if step == KIND and not form.text("follow") and is_search(form) else None


def _asks_more(form: PageForm, step: int, reading: SubmissionPreview) -> bool:
    """Return True after the choice of a kind whose questions were not shown yet."""
    code = form.text("service_code")
    is_new = bool(code) and code != form.text("asked")
    return step == KIND and not form.text("follow") and is_new and bool(reading.view["questions"])


def point_of(draft: UnsentReport, reading: SubmissionPreview | None) -> GeoPoint | None:
    """Return where a report is: its pin, or the place of its address; None for neither."""
    if reading and reading.found:
        return reading.found.point
    pin = (draft.form.text(name).replace(",", ".") for name in ("latitude", "longitude"))
    try:
        return GeoPoint(*map(float, pin))
    except ValueError:
        return None


def advice_of(view: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the advice of a preview, texts by code."""
    return {one["code"]: one["text"] for one in view.get("advice", ())}
