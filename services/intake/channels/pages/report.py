"""The pages that report a problem: what and where, the choice of its kind, contact, and done."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, NamedTuple

from aiohttp import web

from services.intake.channels.pages.access import PageAccess
from services.intake.channels.pages.draft import (
    CONTACT,
    KIND,
    SOURCE,
    WHAT,
    FormFault,
    UnsentReport,
    form_faults,
)
from services.intake.channels.pages.form import UPLOADER, PageForm, PhotoIntake, read_form
from services.intake.channels.status_view import ReporterLinks
from services.intake.pictures import media_url
from services.intake.ports import IntakePorts
from services.intake.records.submissions import KnownPlace, RawSubmission, SubmissionPreview
from shared.catalogue import Jurisdiction, ServiceType
from shared.contract.events import SubmissionAccepted, new_id
from shared.errors import SystemicError, TransientError
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import MAX_PREVIEW_BYTES, slot_of
from shared.runtime.http.problem_details import problem_response
from shared.signed_tokens import TokenSigner

PATH = "/report"
PREVIEW = f"{PATH}/preview"
# Purposes of signed values.
_FORM, _PHOTO = "report", "photo"
_MAX_SEARCH = 200  # characters
_STEPS = {"1": WHAT, "2": KIND, "3": CONTACT}


class KindChoice(NamedTuple):
    """A kind by its name in the language of the page."""

    code: str
    name: str


@dataclass(frozen=True, slots=True)
class KindChoices:
    """The kinds from which a person chooses; ``other`` is always the last one.

    Attributes:
        likely: By the words of the report, with the chosen one among them.
        found: By the words of a search; None without a search.
        groups: All kinds but ``other`` by heading, both in alphabetical order.
        chosen: Code; empty while none is.
    """

    likely: Sequence[KindChoice]
    found: Sequence[KindChoice] | None
    groups: Mapping[str, Sequence[KindChoice]]
    other: KindChoice
    chosen: str


def chosen_kind(form: PageForm, view: Mapping[str, Any]) -> str:
    """Return the code of the kind that a person chose, or that their words tell for sure."""
    is_sure = view and not view["unsure"]
    return form.text("service_code") or (is_sure and view["service_code"]) or ""


def is_search(form: PageForm) -> bool:
    """Return True for a form that searches for a kind, also by Enter in the field for it."""
    is_new = form.text("kind_words") != form.text("searched")
    is_same_kind = form.text("service_code") == form.text("asked")
    return form.text("to") == "search" or (is_new and is_same_kind)


def kind_choices(
    city: Jurisdiction,
    language: str,
    chosen: str,
    likely: Iterable[str],
    found: Iterable[ServiceType] | None,
) -> KindChoices:
    """Return the choices; ``likely`` are codes, the likeliest first."""

    def choice(kind: ServiceType) -> KindChoice:
        return KindChoice(kind.code, kind.name.in_language(language))

    groups: dict[str, list[KindChoice]] = {}
    for kind in city.services.values():
        if kind.code != city.other_code:
            groups.setdefault(kind.group.in_language(language), []).append(choice(kind))
    codes = list(likely)
    if chosen in city.services and chosen not in {*codes, city.other_code}:
        codes.insert(0, chosen)
    return KindChoices(
        likely=[choice(city.services[code]) for code in codes],
        found=None if found is None else [choice(kind) for kind in found],
        groups={
            heading: sorted(named, key=attrgetter("name"))
            for heading, named in sorted(groups.items())
        },
        other=choice(city.services[city.other_code]),
        chosen=chosen,
    )


@dataclass(frozen=True, slots=True)
class _Shown:
    step: int
    draft: UnsentReport
    reading: SubmissionPreview | None = None
    faults: Sequence[FormFault] = ()
    status: int = 200
    pressed: str = ""


@dataclass(frozen=True)
class ReportPages:
    """Handlers of ``/report``."""

    core: IntakePorts
    access: PageAccess
    signer: TokenSigner
    links: ReporterLinks

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
        reading = await self._preview(draft, language)
        if pressed or to == "back":
            step = step if pressed else max(WHAT, step - 1)
            return self._show(request, _Shown(step, draft, reading, pressed=pressed))
        if step == KIND and not follow and is_search(form):
            return self._show(request, _Shown(KIND, draft, reading))
        faults += self._faults(draft, reading, step)
        if faults:
            first = min(fault.step for fault in faults)
            return self._show(request, _Shown(first, draft, reading, faults, status=422))
        code = form.text("service_code")
        is_new = bool(code) and code != form.text("asked")  # its questions were not shown yet
        if step == KIND and not follow and is_new and reading.view["questions"]:
            return self._show(request, _Shown(KIND, draft, reading))
        if step < CONTACT:
            return self._show(request, _Shown(step + 1, draft, reading))
        return await self._send(request, draft, reading, language)

    async def preview(self, request: web.Request) -> web.Response:
        """Preview the first step for a script; it may be refused."""
        form = await read_form(request, max_bytes=MAX_PREVIEW_BYTES)
        form_id = self.signer.read(_FORM, form.text("form"))
        if form_id is None:
            raise RefusedError(problem_response(422, "Not our form", "Open the form again."))
        draft = UnsentReport(form, form_id)
        language = self.access.site.language_of(request).tag
        with slot_of(self.core.limits.previews, self.access.callers.address(request)):
            reading = await self._preview(draft, language)
        return self.access.site.page(
            request,
            "preview",
            view=reading.view,
            advice=_advice(reading.view),
            found=_found(reading),
            apart_m=reading.apart_m,
        )

    async def _read(self, request: web.Request) -> tuple[UnsentReport, list[FormFault]]:
        """Return the report, under a new id if its own is forged."""
        with self.core.limits.memory.body(self.access.callers.address(request)) as buffer:
            photo = PhotoIntake(self.core, buffer)
            form = await read_form(request, photo.take)
            known_id = self.signer.read(_FORM, form.text("form"))
            form_id = known_id or new_id()
            photo_id = await photo.keep(form_id)
        if not photo_id and not form.text("remove_photo"):
            photo_id = self.signer.read(_PHOTO, form.text("photo_id"))
        faults = [FormFault("photo", photo.fault, WHAT)] if photo.fault else []
        if known_id is None:
            faults.append(FormFault("", "unknown_form", _STEPS.get(form.text("step"), WHAT)))
        return UnsentReport(form, form_id, photo_id), faults

    async def _preview(self, draft: UnsentReport, language: str) -> SubmissionPreview:
        """Return the request that it would become, as far as the database answers in time."""
        return await self.core.preview(self._submission(draft, language), best_effort=True)

    def _submission(self, draft: UnsentReport, language: str) -> RawSubmission:
        photo_id = draft.photo_id
        url = media_url(self.core.public_url, photo_id) if photo_id else None
        data = draft.submission(self.access.site.city, language, url)
        return RawSubmission.of(SOURCE, draft.form_id, data)

    def _faults(
        self, draft: UnsentReport, reading: SubmissionPreview, step: int
    ) -> list[FormFault]:
        city = self.access.site.city
        faults = form_faults(reading.errors)
        if step >= KIND and not draft.form.text("follow"):
            faults += draft.answers(city, city.services.get(draft.form.text("service_code")))[1]
        if step >= CONTACT:
            faults += draft.contact_faults(city.holidays_country)
        return [fault for fault in faults if fault.step <= step]

    async def _send(
        self, request: web.Request, draft: UnsentReport, reading: SubmissionPreview, language: str
    ) -> web.Response:
        try:
            with slot_of(self.core.limits.submissions, UPLOADER):
                [receipt] = await self.core.submit(self._submission(draft, language))
        except (RefusedError, SystemicError, TransientError, TimeoutError):
            fault = FormFault("", "not_now", CONTACT)
            return self._show(request, _Shown(CONTACT, draft, reading, [fault], status=503))
        event = receipt.decode()
        if isinstance(event, SubmissionAccepted):
            city = self.access.site.city
            kind = city.services[event.data.service_code].name.in_language(language)
            key = self.links.key(event.data.tracking_number)
            advice = {one.code: one.text for one in event.data.advice}
            return self.access.site.page(
                request, "done", accepted=event.data, kind=kind, key=key, advice=advice
            )
        if any(error.code == "id_reused" for error in event.data.errors):
            return self.access.site.page(request, "sent_before", status=409)
        faults = form_faults(event.data.errors)
        first = min(fault.step for fault in faults)
        return self._show(request, _Shown(first, draft, reading, faults, status=422))

    def _show(self, request: web.Request, shown: _Shown) -> web.Response:
        draft, view = shown.draft, shown.reading.view if shown.reading else {}
        site = self.access.site
        language = site.language_of(request, shown.pressed).tag
        code = chosen_kind(draft.form, view)
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
            advice=_advice(view),
            found=_found(shown.reading),
            needs_contact=bool(kind and kind.needs.contact),
            kinds=self._kinds(draft.form, view, language) if shown.step == KIND else None,
        )

    def _kinds(self, form: PageForm, view: Mapping[str, Any], language: str) -> KindChoices:
        city = self.access.site.city
        words = form.text("kind_words")[:_MAX_SEARCH] if is_search(form) else ""
        return kind_choices(
            city,
            language,
            chosen_kind(form, view),
            [kind["service_code"] for kind in view.get("kinds", ())],
            self.core.search_kinds(city.id, words) if words else None,
        )


def _found(reading: SubmissionPreview | None) -> KnownPlace | str | None:
    """Return the place of the address; empty for one that is not known."""
    return (reading.found or ("" if reading.is_lost else None)) if reading else None


def _advice(view: Mapping[str, Any]) -> Mapping[str, str]:
    return {one["code"]: one["text"] for one in view.get("advice", ())}
