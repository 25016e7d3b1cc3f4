"""A report between its steps: its fields, and the submission that they make."""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from services.intake.acceptance.preview import (
    PreviewedSubmission,
    locate,
    near_query,
    render_preview,
)
from services.intake.channels.pages.form import PageForm
from services.intake.inbound.validation import read_partly
from services.intake.places.gazetteer import geocoders_of
from services.intake.policy import IntakePolicy, Prefetch
from services.intake.public_status.nearby import NearbyCase, find_near
from services.intake.rules.form_answers import read_form_answers
from services.intake.rules.location import ResolvedLocation
from services.intake.rules.reporter import contact_channels
from shared.catalogue import Jurisdiction, ServiceType
from shared.contract.events import FieldError, SubmissionReceived
from shared.errors import SystemicError, TransientError
from shared.redaction import Answer
from shared.runtime.clock import utc_now
from shared.runtime.http.deadline import Deadline
from shared.runtime.postgres import Pool

WHAT, KIND, CONTACT = 1, 2, 3
"""The steps: what and where with a photo, then kind and questions, then who reports."""

_ANSWER = re.compile(r"attribute\[([^\[\]]+)\]")
_FIELDS = {
    WHAT: ("description", "address", "latitude", "longitude"),
    KIND: ("service_code", "asked", "follow"),
    CONTACT: ("name", "email", "phone", "status_updates"),
}
_FORM_FIELD = {
    "location.latitude": ("latitude", WHAT),
    "location.longitude": ("longitude", WHAT),
    "media": ("photo", WHAT),
    "service_code": ("service_code", KIND),
    "reporter.name": ("name", CONTACT),
    "reporter.email": ("email", CONTACT),
    "reporter.phone": ("phone", CONTACT),
}


class FormFault(NamedTuple):
    """A field of the form that is wrong.

    Attributes:
        field: Its name in the form; empty for the whole form.
        code: Stable code of the error.
        step: The step with the field.
    """

    field: str
    code: str
    step: int


@dataclass(frozen=True, slots=True)
class UnsentReport:
    """A report that a person is writing.

    Attributes:
        form: The fields of all steps so far.
        form_id: Id of the report: sending it again changes nothing.
        photo_id: Id of its picture; None without one.
    """

    form: PageForm
    form_id: str
    photo_id: str | None = None

    def answers(
        self, city: Jurisdiction, kind: ServiceType | None
    ) -> tuple[dict[str, Answer], list[FormFault]]:
        """Return the answers to the kind's questions, and what is wrong with others."""
        given = {
            found[1]: values
            for name, values in self.form.values.items()
            if (found := _ANSWER.fullmatch(name))
        }
        questions = kind.attributes if kind else ()
        answers, errors = read_form_answers(given, questions, ZoneInfo(city.timezone))
        return answers, [
            FormFault(f"attribute[{name}]", code, KIND) for name, code in errors.items()
        ]

    def submission(
        self, city: Jurisdiction, language: str, photo_url: str | None
    ) -> dict[str, Any]:
        """Return the data of the submission.

        Args:
            language: BCP 47 tag of the page.
            photo_url: Address of the picture; None without one.
        """
        text = self.form.text
        location = {
            "address": text("address"),
            "latitude": text("latitude").replace(",", "."),
            "longitude": text("longitude").replace(",", "."),
        }
        answers, _ = self.answers(city, city.services.get(text("service_code")))
        fields = {
            "jurisdiction": city.id,
            "channel": "web",
            "description": text("description"),
            "language": language,
            "location": {name: value for name, value in location.items() if value},
            "service_code": text("service_code"),
            "attributes": answers,
            "media": [{"url": photo_url}] if photo_url else None,
            "reporter": self._reporter(language),
            "follow_case": text("follow"),
        }
        return {name: value for name, value in fields.items() if value}

    def _reporter(self, language: str) -> dict[str, Any] | None:
        given = {name: self.form.text(name) for name in ("name", "email", "phone")}
        given = {name: value for name, value in given.items() if value}
        reached = {"email": "email" in given, "sms": "phone" in given}
        wanted = [one for one in self.form.texts("status_updates") if reached.get(one)]
        return {**given, "language": language, "status_updates": wanted} if given else None

    def contact_faults(self, region: str) -> list[FormFault]:
        """Return what is wrong with the ways to reach the person.

        Args:
            region: ISO 3166-1 alpha-2 country whose telephone format applies.
        """
        email, phone = self.form.text("email"), self.form.text("phone")
        usable = contact_channels(email or None, phone or None, region)
        faults = []
        if email and not usable.email:
            faults.append(FormFault("email", "unusable_email", CONTACT))
        if phone and not usable.phone:
            faults.append(FormFault("phone", "unusable_phone", CONTACT))
        if "sms" in self.form.texts("status_updates") and not phone:
            faults.append(FormFault("phone", "missing_phone", CONTACT))
        return faults

    def carried(self, step: int) -> list[tuple[str, str]]:
        """Return the fields that a step carries hidden: those of all other steps.

        The first step carries no kind: other words may tell of another one.
        """
        shown = _FIELDS[step] + (_FIELDS[KIND] if step == WHAT else ())
        return [
            (name, value)
            for name, value in self.form.pairs()
            if name in _CARRIED - set(shown) or (step != KIND and _ANSWER.fullmatch(name))
        ]

    def following(self, case_id: str) -> "UnsentReport":
        """Return the same report about a case that is known; none with an empty id."""
        values = {name: v for name, v in self.form.values.items() if name != "follow"}
        return replace(self, form=PageForm(values | ({"follow": (case_id,)} if case_id else {})))


_CARRIED = frozenset(name for names in _FIELDS.values() for name in names)


def form_faults(errors: Sequence[FieldError]) -> list[FormFault]:
    """Return the errors of a submission as errors of the form's fields."""
    return [_form_fault(error) for error in errors]


def _form_fault(error: FieldError) -> FormFault:
    if error.field.startswith("attributes."):
        name = error.field.removeprefix("attributes.")
        return FormFault(f"attribute[{name}]", error.code, KIND)
    if error.code == "incomplete_point":
        return FormFault("latitude", error.code, WHAT)
    if error.field.startswith("location") and error.field not in _FORM_FIELD:
        return FormFault("address", error.code, WHAT)
    if error.field == "description":
        return FormFault("description", error.code, WHAT)
    field, step = _FORM_FIELD.get(error.field, ("", CONTACT))
    return FormFault(field, error.code, step)


SOURCE = "/web"
"""The ``source`` of what comes by the pages."""


class ReadDraft(NamedTuple):
    """A report as the router reads it.

    Attributes:
        view: The response of ``POST /v1/submissions/preview``.
        errors: The errors that ``POST /v1/submissions`` would name.
        location: With the point of its address, where a geocoder knows it; None for a report that
            cannot be read at all.
    """

    view: dict[str, Any]
    errors: Sequence[FieldError]
    location: ResolvedLocation | None


@dataclass(frozen=True, slots=True)
class DraftReader:
    """Reads reports that are not sent yet.

    Attributes:
        prefetch: Asks another server for places.
    """

    policy: IntakePolicy
    pool: Pool
    prefetch: Prefetch

    async def read(self, data: dict[str, Any], form_id: str) -> ReadDraft:
        """Return what is read; without the database no case is near by.

        Args:
            data: The submission, which may lack anything.
        """
        received = SubmissionReceived(id=form_id, source=SOURCE, data=data)
        previewed = PreviewedSubmission(*read_partly(received, utc_now(), self.policy))
        near: Sequence[NearbyCase] = ()
        with suppress(SystemicError, TransientError):  # nobody waits for what only helps
            previewed, near = await Deadline().wait_for(self._look(received, previewed))
        location = previewed.readable.location if previewed.readable else None
        return ReadDraft(render_preview(previewed, near), previewed.errors, location)

    async def _look(
        self, received: SubmissionReceived, previewed: PreviewedSubmission
    ) -> tuple[PreviewedSubmission, Sequence[NearbyCase]]:
        """Return the report with the point of its address, and the open cases near by."""
        await self.prefetch([received])
        located = await locate(previewed, geocoders_of(self.pool, self.policy))
        query = near_query(located)
        return located, await find_near(self.pool, query) if query else ()
