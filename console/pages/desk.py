"""The desk: what a caller says and where, and what to ask, tell and do while they talk."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import Any, get_args
from urllib.parse import quote, urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from aiohttp import web

from console.access import HOME, ForbiddenError
from console.answers import AnswerSearch
from console.api import ServiceDownError
from console.desk_log import DeskContact, DeskLog
from console.intake import IntakeApi
from console.pages.parts import Console, kinds_of, location_of, places_for, uuid_of
from console.store import Person
from shared.contract.events import new_id
from shared.staff_roles import Role
from shared.vocabulary import SETTLED_AT_DESK, WITH_REQUEST, DeskChannel, DeskOutcome

PATH = f"{HOME}/desk"
CHANNELS = get_args(DeskChannel)
LANGUAGES = ("en", "es", "vi", "zh", "ru", "uk", "so", "ro", "ne", "ar", "ko", "ja", "lo", "my")
_OUTCOMES: Mapping[str, DeskOutcome] = {one: one for one in get_args(DeskOutcome)}
_LOOK = "look"
_MAX_SECONDS = 4 * 3_600
_LEAST_WORDS = 3  # letters of a place that is looked for
_AUDITED = "desk_"
_DOUBTED = "doubted:"  # and a field: what stood there when the page asked whether it is right
# Fields of the form by those of a submission, in the order of the page.
_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "description": "said",
        "location": "where",
        "location.address": "where",
        "location.latitude": "where",
        "location.longitude": "where",
        "language": "language",
        "reporter.language": "language",
        "channel": "channel",
        "service_code": "service_code",
        "reporter.phone": "callback",
        "reporter.name": "name",
        "reporter.email": "email",
    }
)
_ORDER = {name: number for number, name in enumerate(_FIELDS.values())}


@dataclass(frozen=True, slots=True)
class Desk:
    """Handlers of the desk."""

    console: Console
    intake: IntakeApi
    answers: AnswerSearch
    log: DeskLog
    zone: ZoneInfo

    async def show(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Show an empty form, below the outcome of the contact before."""
        return await self._page(request, person, {})

    async def act(self, request: web.Request, person: Person) -> web.StreamResponse:
        """Look up what is typed so far, or end the contact with an outcome."""
        fields = await self.console.form(request, person)
        wanted = "joined" if fields.get("follow") else fields.get("command", _LOOK)
        outcome = _OUTCOMES.get(wanted)
        if outcome and outcome not in WITH_REQUEST:
            contact = contact_of(outcome, fields)
            await self.log.record(contact, person.name, _AUDITED, about(outcome, fields))
            raise web.HTTPSeeOther(f"{PATH}?{urlencode({'done': outcome})}")
        if outcome:
            return await self._submit(request, person, fields, outcome)
        if wanted != _LOOK:
            raise ForbiddenError
        return await self._page(request, person, fields)

    async def _submit(
        self, request: web.Request, person: Person, fields: Mapping[str, str], outcome: DeskOutcome
    ) -> web.StreamResponse:
        submission = submission_of(fields, self.zone)
        contact = contact_of(outcome, fields)
        if doubts := new_doubts(await self._preview(submission), fields):
            return await self._page(request, person, fields, doubts)
        answer = await self.intake.submit(submission, str(contact.contact_id))
        if not answer.is_done:
            found = faults_of(answer.faults) or {"": {"message": answer.problem}}
            return await self._page(request, person, fields, found)
        number = answer.body["tracking_number"]
        contact = replace(contact, request_id=UUID(answer.body["request_id"]))
        about_it = f"{number} {_seconds(fields)} s"
        await self.log.record(contact, person.name, _AUDITED, about_it)
        codes = ",".join(one["code"] for one in answer.body["advice"])
        shown = {"done": outcome, "number": number, "advice": codes}
        raise web.HTTPSeeOther(f"{PATH}?{urlencode(shown)}")

    async def _page(
        self,
        request: web.Request,
        person: Person,
        fields: Mapping[str, str],
        faults: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
    ) -> web.Response:
        number = request.query.get("number", "")
        preview, filed, places, kinds, counts = await asyncio.gather(
            self._preview(submission_of(fields, self.zone)),
            self._filed(number),
            places_for(self.console, _words_of(fields.get("where", ""))),
            kinds_of(self.console, self.intake.city),
            self.console.store.counts_today(person.name, _AUDITED, self.zone.key),
        )
        return self.console.site.page(
            request,
            "desk",
            person,
            status=422 if faults else 200,
            fields=fields,
            faults=faults,
            doubted={
                **{name: words for name, words in fields.items() if name.startswith(_DOUBTED)},
                **{_DOUBTED + name: fields.get(name, "") for name in faults},
            },
            preview=preview,
            answers=self.answers.find(fields.get("said", "")),
            places=places,
            kinds=kinds,
            languages=LANGUAGES,
            # What was refused under an id stays refused.
            contact_id=new_id() if faults else fields.get("contact_id") or new_id(),
            done=request.query.get("done", ""),
            number=number,
            filed=filed,
            advised=request.query.get("advice", "").split(","),
            contacts=sum(counts.values()),
            settled=sum(counts.get(_AUDITED + one, 0) for one in SETTLED_AT_DESK),
        )

    async def _filed(self, number: str) -> Mapping[str, Any] | None:
        """Return the request that was filed; None where intake does not tell."""
        if not number:
            return None
        try:
            answer = await self.intake.get(f"/v1/requests/{quote(number, safe='')}")
        except ServiceDownError:
            return None
        return answer.body if answer.is_done else None

    async def _preview(self, submission: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return what intake makes of the words so far; None without words."""
        if "description" not in submission:
            return None
        answer = await self.intake.preview(submission)
        return answer.body if answer.is_done else None


def desk_routes(
    console: Console, intake: IntakeApi, answers: AnswerSearch, log: DeskLog
) -> Sequence[web.RouteDef]:
    """Return the routes of the desk."""
    desk = Desk(console, intake, answers, log, ZoneInfo(console.site.timezone))
    page = partial(console.page, Role.AGENT)
    return [web.get(PATH, page(desk.show)), web.post(PATH, page(desk.act))]


def submission_of(fields: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Return the report of a form, which may lack anything."""
    language = fields.get("language", "")
    channel = fields.get("channel", "")
    reporter = {
        "name": fields.get("name", "").strip(),
        "phone": fields.get("callback", "").strip(),
        "email": fields.get("email", "").strip(),
        "language": language,
    }
    updates = [
        *(["email"] if reporter["email"] else []),
        *(["sms"] if reporter["phone"] and fields.get("texts") else []),
    ]
    has_contact = any(value for name, value in reporter.items() if name != "language")
    submission = {
        "channel": channel if channel in CHANNELS else CHANNELS[0],
        "entered_by": "resident",
        "service_code": fields.get("service_code"),
        "description": fields.get("said", "").strip(),
        "language": language,
        "location": location_of(fields.get("where", "")),
        "attributes": _attributes(fields, zone),
        "follow_case": fields.get("follow"),
        "reporter": _filled({**reporter, "status_updates": updates}) if has_contact else None,
    }
    return _filled(submission)


def faults_of(errors: Sequence[Mapping[str, str]]) -> dict[str, Mapping[str, str]]:
    """Return intake's errors by the form's fields; one that has no field by its own name."""
    found = {error["field"]: error for error in errors}
    named = {_FIELDS.get(name, name): error for name, error in found.items()}
    return dict(sorted(named.items(), key=lambda one: _ORDER.get(one[0], len(_ORDER))))


def new_doubts(
    preview: Mapping[str, Any] | None, fields: Mapping[str, str]
) -> dict[str, Mapping[str, str]]:
    """Return what may be mistyped and would be filed all the same, but for what was confirmed."""
    advice = {one["code"] for one in preview["advice"]} if preview else ()
    contact = "callback" if fields.get("callback") else "email"
    doubts = {
        **({"where": "place_unknown"} if preview and preview["place_unknown"] else {}),
        **({contact: "contact_unusable"} if "contact_unusable" in advice else {}),
    }
    return {
        name: {"code": code}
        for name, code in doubts.items()
        if fields.get(_DOUBTED + name) != fields.get(name, "")
    }


def contact_of(outcome: DeskOutcome, fields: Mapping[str, str]) -> DeskContact:
    """Return what insight counts of a form: nothing about the person."""
    channel, language = fields.get("channel", ""), fields.get("language", "")
    return DeskContact(
        contact_id=uuid_of(fields.get("contact_id", "")) or UUID(new_id()),
        channel=channel if channel in CHANNELS else CHANNELS[0],
        language=language if language in LANGUAGES else None,
        outcome=outcome,
        seconds=_seconds(fields) if fields.get("seconds") else None,
    )


def about(outcome: str, fields: Mapping[str, str]) -> str:
    """Return what the audit keeps of a contact without a request: nothing about the person."""
    topics = {"answered": "answer", "referred": "agency", "interpreter": "language"}
    return f"{_code(fields.get(topics.get(outcome, ''), ''))} {_seconds(fields)} s".strip()


def _words_of(where: str) -> str:
    """Return what may be completed: words of some letters, and no point."""
    is_point = "latitude" in (location_of(where) or {})
    return "" if is_point or len(where.strip()) < _LEAST_WORDS else where


def _code(text: str) -> str:
    return text if text.replace("_", "").replace("-", "").isalnum() and text.isascii() else ""


def _seconds(fields: Mapping[str, str]) -> int:
    text = fields.get("seconds", "")
    return min(int(text), _MAX_SECONDS) if text.isdecimal() and text.isascii() else 0


def _attributes(fields: Mapping[str, str], zone: ZoneInfo) -> dict[str, Any]:
    """Return the answers to questions; the name of a field is ``answer:DATATYPE:CODE``."""
    answers: dict[str, Any] = {}
    for name, text in fields.items():
        is_answer, _, rest = name.partition(":")
        datatype, _, code = rest.partition(":")
        if is_answer == "answer" and text.strip():
            answers[code] = _answer(datatype, text.strip(), zone)
    return answers


def _answer(datatype: str, text: str, zone: ZoneInfo) -> object:
    """Return a value of the datatype; the text where it is none, which intake then names."""
    try:
        if datatype == "number":
            return float(text.replace(",", "."))
        if datatype == "datetime":
            return datetime.fromisoformat(text).replace(tzinfo=zone).isoformat()
    except ValueError:
        return text
    return [text] if datatype == "multivaluelist" else text


def _filled(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value}
