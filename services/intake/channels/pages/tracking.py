"""The pages that show a report's status, and take more words about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from aiohttp import web

from services.intake.channels.pages.access import PageAccess
from services.intake.channels.pages.draft import FormFault, contact_faults
from services.intake.channels.pages.form import UPLOADER, PageForm, read_form
from services.intake.channels.pages.photos import PhotoIntake
from services.intake.channels.pages.places import place_near
from services.intake.channels.pages.site import PARAMETER
from services.intake.channels.status_view import TRACK_PATH, ReporterLinks, render_status
from services.intake.identifiers import contact_channels, read_tracking_number
from services.intake.pictures import media_url
from services.intake.ports import IntakePorts
from services.intake.records.notes import NoSuchRequestError, NoteCall, NoteError, TooManyNotesError
from services.intake.records.public import PublicStatus
from services.intake.records.submissions import LateContact
from shared.catalogue import Jurisdiction
from shared.contract.events import new_id
from shared.contract.events.notes import NoteAuthor
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.authentication import RefusedError
from shared.runtime.http.calls import slot_of
from shared.runtime.http.deadline import log_not_served
from shared.runtime.http.rate_limits import TokenBuckets
from shared.runtime.http.refusals import ADDRESS_RATE, NOTES_OF_A_DAY
from shared.signed_tokens import TokenSigner
from shared.spoken_languages import SpokenLanguage

_NOT_NOW = "not_now"
_FOLLOWED = "followed"
_EMPTY = PageForm()


def shown_status(
    status: PublicStatus, city: Jurisdiction, language: SpokenLanguage
) -> dict[str, Any]:
    """Return what pages show of a request's status, by the names in their templates."""
    code = status.changes[-1].bureau if status.changes else ""
    bureau, desk = city.bureaus.get(code), city.services.get(city.other_code)
    return {
        "report": render_status(status, city, language),
        "kind": city.services.get(status.request.service_code),
        "is_late": status.complete_by is not None and status.complete_by < utc_now(),
        "bureau_phone": bureau.phone if bureau else None,
        "at_desk": desk is not None and desk.lead == code,  # where a person finds the right team
    }


def given_contact(
    form: PageForm, city: Jurisdiction, language: str
) -> tuple[LateContact | None, list[FormFault]]:
    """Return the contact in a form, None without a usable one, and the errors of its fields."""
    email, phone = form.text("email") or None, form.text("phone") or None
    usable = contact_channels(email, phone, city.holidays_country)
    faults = contact_faults(form, city.holidays_country)
    contact = LateContact(None, usable.email, usable.phone, language)
    if not contact.status_updates:
        return None, faults or [FormFault("email", "missing_contact")]
    return contact, faults


@dataclass(frozen=True)
class TrackPages:
    """Handlers of ``/track``."""

    core: IntakePorts
    access: PageAccess
    signer: TokenSigner
    links: ReporterLinks
    note_rate: TokenBuckets

    async def find(self, request: web.Request) -> web.Response:
        """Show the form for a number, or redirect to the page of a typed one."""
        typed = request.query.get("number", "").strip()
        if not typed:
            return self.access.site.page(request, "track", typed="", faults=())
        number = read_tracking_number(typed)
        if number is None:
            return self._unknown(request, typed, "mistyped_number")
        chosen = request.query.get(PARAMETER)
        query = f"?{PARAMETER}={quote(chosen)}" if chosen else ""
        raise web.HTTPSeeOther(f"{TRACK_PATH}/{number}{query}")

    async def show(self, request: web.Request) -> web.Response:
        """Show the status of a request."""
        number = read_tracking_number(request.match_info["number"]) or ""
        is_reporter = self.links.is_reporters(number, request.query.get("key", ""))
        return await self._status(request, "reporter" if is_reporter else "other")

    async def add(self, request: web.Request) -> web.Response:
        """Add words and a photo to the request; idempotent."""
        number = read_tracking_number(request.match_info["number"]) or ""
        address = self.access.callers.address(request)
        with PhotoIntake(self.core, self.core.limits.memory, address) as photos:
            form = await read_form(request, photos.take)
            note_id, by = self._form(number, form.text("form"))
            photo_ids = await photos.keep(note_id) if note_id else ()
        if form.text("to") == "follow" and by == "reporter":
            return await self._follow(request, number, form)
        text = "\n".join(filter(None, (form.text("not_fixed"), form.text("text"))))
        note = {"text": text, "not_fixed": bool(form.text("not_fixed"))}
        if photos.faults:
            fault = photos.faults[0]
        elif note_id is None:
            fault = FormFault("text", "unknown_form")
        elif not text or len(text) > MAX_DESCRIPTION:
            fault = FormFault("text", "too_long" if text else "missing_text")
        elif not self.note_rate.try_take(address):
            raise RefusedError(ADDRESS_RATE.response())
        elif code := await self._add(
            request, NoteCall(UPLOADER, note_id, number, note, by), photo_ids
        ):
            fault = FormFault("text", code)
        else:
            return await self._status(request, by, added=text)
        return await self._status(request, by, form, fault)

    def _form(self, number: str, token: str) -> tuple[str | None, NoteAuthor]:
        """Return the id of a form's note, None for a forged one, and the reader of the form."""
        if note_id := self.signer.read(_purpose(number, "reporter"), token):
            return note_id, "reporter"
        return self.signer.read(_purpose(number, "other"), token), "other"

    async def _follow(self, request: web.Request, number: str, form: PageForm) -> web.Response:
        """Take an address or a number for updates; idempotent."""
        site, language = self.access.site, self.access.site.language_of(request).tag
        contact, faults = given_contact(form, site.city, language)
        if contact is None or faults:
            return await self._status(request, "reporter", form, faults[0])
        await self.core.give_contact(number, contact)
        query = urlencode({PARAMETER: language, "key": self.links.key(number), _FOLLOWED: "yes"})
        raise web.HTTPSeeOther(f"{TRACK_PATH}/{number}?{query}")

    async def _add(
        self, request: web.Request, call: NoteCall, photo_ids: Sequence[str]
    ) -> str | None:
        language = self.access.site.language_of(request).tag
        data: dict[str, Any] = {**call.data, "language": language, "channel": "web"}
        if photo_ids:
            data["media"] = [{"url": media_url(self.core.public_url, one)} for one in photo_ids]
        try:
            with slot_of(self.core.limits.submissions, UPLOADER):
                await self.core.add_note(call._replace(data=data))
        except (SystemicError, TransientError) as error:
            log_not_served(error)
            return _NOT_NOW
        except (RefusedError, NoSuchRequestError):
            return _NOT_NOW
        except TooManyNotesError:
            raise RefusedError(NOTES_OF_A_DAY.response()) from None
        except NoteError:
            return "id_reused"
        return None

    async def _status(
        self,
        request: web.Request,
        by: NoteAuthor,
        form: PageForm = _EMPTY,
        fault: FormFault | None = None,
        added: str = "",
    ) -> web.Response:
        typed = request.match_info["number"]
        number = read_tracking_number(typed)
        if number is None:
            return self._unknown(request, typed, "mistyped_number")
        status = await self.core.status(number)
        if status is None:
            return self._unknown(request, typed, "unknown_number")
        city = self.core.cities[status.request.jurisdiction]
        language = self.access.site.language_of(request)
        is_reporter = by == "reporter"
        pin = None if status.request.address else status.point
        kind = status.request.service_code
        screened = self.core.screen(city.id, added, service_code=kind).advice if added else ()
        return self.access.site.page(
            request,
            "status",
            status=200 if fault is None else 503 if fault.code == _NOT_NOW else 422,
            **shown_status(status, city, language),
            form_token=self.signer.sign(_purpose(number, by), new_id()),
            key=self.links.key(number) if is_reporter else "",
            notes=status.notes,
            point=status.point,
            near_pin=await place_near(self.core, city.id, pin),
            held_photos=[media_url("", one) for one in status.held_media_ids if is_reporter],
            may_follow=is_reporter and status.is_anonymous,
            is_followed=is_reporter and _FOLLOWED in request.query,
            form=form,
            faults=[fault] if fault else [],
            added=bool(added),
            advice={code: language.say(advice) for code, advice in screened},
        )

    def _unknown(self, request: web.Request, typed: str, code: str) -> web.Response:
        faults = [FormFault("number", code)]
        return self.access.site.page(request, "track", status=404, typed=typed, faults=faults)


def _purpose(number: str, by: NoteAuthor) -> str:
    return f"note {number} {by}"
