"""A report between its steps: its fields, and the submission that they make."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from math import isfinite
from typing import Annotated, Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import AliasChoices, BeforeValidator, Field

from services.intake.channels.pages.form import PageForm
from services.intake.identifiers import contact_channels
from services.intake.pictures import media_url
from shared.catalogue import Attribute, Jurisdiction, ServiceType
from shared.contract.events import FieldError
from shared.redaction import Answer


def read_form_answers(
    given: Mapping[str, Sequence[str]], questions: Sequence[Attribute], zone: ZoneInfo
) -> tuple[dict[str, Answer], dict[str, str]]:
    """Return the answers by question, and the codes of errors by question.

    The codes are ``missing_answer`` and ``invalid_<datatype>``. Moments come without a time zone.
    """
    answers: dict[str, Answer] = {}
    errors: dict[str, str] = {}
    for question in questions:
        texts = given.get(question.code, ())
        if texts:
            try:
                answers[question.code] = _answer(question, texts, zone)
            except ValueError:
                errors[question.code] = f"invalid_{question.datatype}"
        elif question.required:
            errors[question.code] = "missing_answer"
    return answers, errors


def _answer(question: Attribute, texts: Sequence[str], zone: ZoneInfo) -> Answer:
    if question.datatype == "number":
        number = float(texts[0].replace(",", "."))
        if not isfinite(number):
            raise ValueError("not a finite number")
        return int(number) if number.is_integer() else number
    if question.datatype == "datetime":
        return datetime.fromisoformat(texts[0]).replace(tzinfo=zone).isoformat()
    if "valuelist" in question.datatype and not set(texts) <= dict(question.values).keys():
        raise ValueError("not one of the answers")
    return list(texts) if question.datatype == "multivaluelist" else texts[0]


# The steps: problem, place and photos; kind and questions; contact data, and a check of it all.
WHAT, KIND, CONTACT = 1, 2, 3

_ANSWER = re.compile(r"attribute\[([^\[\]]+)\]")
_FIELDS = {
    WHAT: ("description", "address", "latitude", "longitude"),
    KIND: ("service_code", "asked", "follow", "kind_words"),
    CONTACT: ("name", "email", "phone", "status_updates"),
}
_STEP_OF = {name: step for step, names in _FIELDS.items() for name in names}


class FormFault(NamedTuple):
    """An error of a field of the form; an empty field means the whole form."""

    field: str
    code: str
    number: int | None = None  # of the photo, among several that came together

    @property
    def step(self) -> int:
        """The step with the field; the last one for the whole form."""
        return WHAT if self.field == "photo" else _step_of(self.field) or CONTACT


def _photo_ids(saved: object) -> object:
    """Return the photos of a draft; one that an earlier version saved has one or none."""
    if saved is None or isinstance(saved, str):
        return [saved] if saved else []
    return saved


@dataclass(frozen=True, slots=True)
class UnsentReport:
    """A report that a person is writing; ``number`` is its tracking number once it was sent."""

    form: PageForm
    form_id: str
    photo_ids: Annotated[
        tuple[str, ...],
        BeforeValidator(_photo_ids),
        Field(validation_alias=AliasChoices("photo_ids", "photo_id")),
    ] = ()
    number: str | None = None

    def answers(
        self, city: Jurisdiction, kind: ServiceType | None
    ) -> tuple[dict[str, Answer], list[FormFault]]:
        """Return the answers to the kind's questions, and the errors of others."""
        given = {
            found[1]: values
            for name, values in self.form.values.items()
            if (found := _ANSWER.fullmatch(name))
        }
        questions = kind.attributes if kind else ()
        answers, errors = read_form_answers(given, questions, ZoneInfo(city.timezone))
        return answers, [FormFault(f"attribute[{name}]", code) for name, code in errors.items()]

    def photo_urls(self, public_url: str = "") -> list[str]:
        """Return the addresses of the photos, by default on the pages' own host."""
        return [media_url(public_url, one) for one in self.photo_ids]

    def submission(self, city: Jurisdiction, language: str, public_url: str) -> dict[str, Any]:
        """Return the data of the submission."""
        text = self.form.text
        location = {
            "address": text("address"),
            "latitude": text("latitude").replace(",", "."),
            "longitude": text("longitude").replace(",", "."),
        }
        reporter = {name: text(name) for name in ("name", "email", "phone") if text(name)}
        how = {"language": language, "status_updates": list(self.updates)}
        answers, _ = self.answers(city, city.services.get(text("service_code")))
        fields = {
            "jurisdiction": city.id,
            "channel": "web",
            "description": text("description"),
            "language": language,
            "location": {name: value for name, value in location.items() if value},
            "service_code": text("service_code"),
            "attributes": answers,
            "media": [{"url": url} for url in self.photo_urls(public_url)],
            "reporter": reporter | how if reporter else None,
            "follow_case": text("follow"),
        }
        return {name: value for name, value in fields.items() if value}

    @property
    def updates(self) -> Mapping[str, str]:
        """The channels by which the person wants updates, with the address or the number."""
        given = {"email": self.form.text("email"), "sms": self.form.text("phone")}
        return {one: given[one] for one in self.form.texts("status_updates") if given.get(one)}

    def with_step(self, step: int, given: PageForm) -> "UnsentReport":
        """Return the report with the fields of a step, and any others that came with them.

        Other words may be of another kind, and at another place there are other cases.
        """
        changed = {name for name in _FIELDS[WHAT] if given.text(name) != self.form.text(name)}
        lost: set[str] = set()
        if step == WHAT and changed:
            lost = set(_FIELDS[KIND]) if "description" in changed else {"follow"}
        kept = {
            name: values
            for name, values in self.form.values.items()
            if _step_of(name) != step and name not in lost
        }
        new = {name: values for name, values in given.values.items() if _step_of(name)}
        return replace(self, form=PageForm(kept | new))


_LINKED = {"address": "address", "lat": "latitude", "lon": "longitude"}
_MAX_LINKED = 200  # characters


def linked_form(query: Mapping[str, str], city: Jurisdiction) -> PageForm:
    """Return the form that a link fills in, such as that of a sign on a bench.

    The query may name ``service_code``, ``lat`` and ``lon``, and ``address``. A code that the city
    lacks is left out; anything else is checked with the form.
    """
    given = [(_LINKED[name], query[name][:_MAX_LINKED]) for name in _LINKED if query.get(name)]
    if (code := query.get("service_code")) in city.services:
        given.append(("service_code", str(code)))
    return PageForm.of(given)


def _step_of(name: str) -> int | None:
    return KIND if _ANSWER.fullmatch(name) else _STEP_OF.get(name)


def contact_faults(form: PageForm, region: str) -> list[FormFault]:
    """Return the errors of the contact data; ``region`` is an ISO 3166-1 alpha-2 country."""
    email, phone = form.text("email"), form.text("phone")
    usable = contact_channels(email or None, phone or None, region)
    faults = []
    if email and not usable.email:
        faults.append(FormFault("email", "unusable_email"))
    if phone and not usable.phone:
        faults.append(FormFault("phone", "unusable_phone"))
    ways = form.texts("status_updates")
    if "sms" in ways and not phone:
        faults.append(FormFault("phone", "missing_phone"))
    if ways == ("email",) and phone and not email:
        faults.append(FormFault("email", "missing_email"))
    return faults


def form_faults(errors: Sequence[FieldError]) -> list[FormFault]:
    """Return the errors of a submission as errors of the form's fields."""
    return [FormFault(_form_field(error), error.code) for error in errors]


def in_page_order(
    faults: Sequence[FormFault], questions: Sequence[Mapping[str, Any]]
) -> Sequence[FormFault]:
    """Return the errors as their fields stand on the pages, those of the whole form first."""
    asked = sorted(questions, key=lambda one: not one["first"])
    answers = [f"attribute[{one['code']}]" for one in asked]
    names = ["", *_FIELDS[WHAT], "photo", *_FIELDS[KIND], *answers, *_FIELDS[CONTACT]]
    places = {name: place for place, name in enumerate(names)}
    return sorted(faults, key=lambda fault: places.get(fault.field, len(places)))


def _form_field(error: FieldError) -> str:
    if error.field.startswith("attributes."):
        return f"attribute[{error.field.removeprefix('attributes.')}]"
    if error.code == "incomplete_point":
        return "latitude"
    name = error.field.rpartition(".")[2]
    return name if name in _STEP_OF else {"location": "address", "media": "photo"}.get(name, "")
