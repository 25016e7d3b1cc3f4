"""Notes on requests and feedback: validated, redacted, and added inside a transaction."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from services.intake.identifiers import (
    contact_channels,
    idempotency_key,
    payload_hash,
    read_tracking_number,
    reporter_refs,
)
from services.intake.inbound.parsing import (
    ID_REUSED,
    NOT_AN_OBJECT,
    bad_language,
    field_errors,
    shortened,
)
from services.intake.inbound.validation import redact_media
from services.intake.media.store import attach_media
from services.intake.outbound import area_of, to_location
from services.intake.pictures import media_ids_of
from services.intake.places.gazetteer import geocode, geocoders_of
from services.intake.policy import Geocoder, IntakePolicy, ServedCity
from services.intake.public_status.store import place_request
from services.intake.records.notes import (
    AskedRequest,
    NoSuchRequestError,
    NoteCall,
    NoteError,
    NoteWords,
    NoteWriter,
    RequestReference,
    StatedPlace,
    SubmittedNote,
    TooManyNotesError,
)
from services.intake.rules.location import resolve_location
from services.intake.rules.private_persons import HeldText, reasons_to_hold
from services.intake.store import notes as store
from services.intake.store.texts import hold
from shared.contract.events import (
    Event,
    Feedback,
    FeedbackGiven,
    FieldError,
    Location,
    Note,
    NoteAdded,
    new_id,
)
from shared.contract.events.notes import NoteAuthor
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.redaction import KnownPii
from shared.runtime.postgres import Connection
from shared.text_matching.normalization import (
    is_language_tag,
    normalize_or_none,
    normalize_text,
    split_text,
)
from shared.vocabulary import SubmissionChannel

_NOBODY = KnownPii(None, None, None)


class ParsedNote(NamedTuple):
    """A note, and whether its reporter says that finished work did not help."""

    note: Note
    not_fixed: bool


class NoteOrigin(NamedTuple):
    """Origin of a note; the author is None where an adapter does not name one."""

    source: str
    by: NoteAuthor | None = None


def parse_note(
    data: Any,  # noqa: ANN401 - anything may come from outside
    request: RequestReference,
    origin: NoteOrigin,
    policy: IntakePolicy,
    now: datetime,
) -> ParsedNote | tuple[FieldError, ...]:
    """Return the note, redacted and screened for hazards, or all its field errors."""
    if not isinstance(data, dict):
        return (NOT_AN_OBJECT,)
    given = shortened({name: value for name, value in data.items() if value is not None})
    try:
        note = SubmittedNote.model_validate(given)
    except ValidationError as error:
        return field_errors(error)
    if note.language and not is_language_tag(note.language):
        return (bad_language("language"),)
    city = policy.cities[request.jurisdiction]
    text = city.redactor.redact_text(normalize_text(note.text), _NOBODY)
    if not text:
        return (FieldError(field="text", code="missing_text", message="Add text."),)
    services = city.jurisdiction.services
    kind = services.get(request.service_code) or services[city.jurisdiction.other_code]
    by = _author(note.reporter, request, city, policy, origin) if note.reporter else origin.by
    parsed = Note(
        note_id=new_id(),
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        jurisdiction=request.jurisdiction,
        dedup_group=kind.dedup.group,
        channel=note.channel,
        text=text,
        language=note.language,
        media=tuple(redact_media(note.media, city.redactor, _NOBODY, policy.public_url)),
        at=now,
        by=by,
        lane="express" if city.screen.screen(kind, text, {}).express else "standard",
    )
    return ParsedNote(parsed, note.not_fixed and by == "reporter")


def _author(
    writer: NoteWriter,
    request: RequestReference,
    city: ServedCity,
    policy: IntakePolicy,
    origin: NoteOrigin,
) -> NoteAuthor:
    email, phone, account_id = map(
        normalize_or_none, (writer.email, writer.phone, writer.account_id)
    )
    reached = contact_channels(email, phone, city.redactor.region)
    return request.author(*reporter_refs(policy.reporter_key, origin.source, account_id, reached))


async def locate_stated(
    place: StatedPlace, city: ServedCity, geocoders: Sequence[Geocoder]
) -> Location | None:
    """Return the location of a stated place, as for a report's address; None for an unknown one."""
    address = city.redactor.redact_address(normalize_text(place.words), _NOBODY)
    resolved = resolve_location(None, None, address or None, ())
    [located] = await geocode([(city.jurisdiction.id, resolved)], geocoders)
    if located.address is None or not (place.is_sure or located.point):
        return None
    return to_location(located, area_of(located.point, city))


# Notes from pages that a request takes in 24 hours, from its reporter and from others each.
MAX_PAGE_NOTES = 20


class NoteWork:
    """A transaction that adds notes and feedback; its rows and events commit together."""

    def __init__(self, db: Connection, policy: IntakePolicy, now: datetime) -> None:
        self.db, self._policy, self.now = db, policy, now
        self.events: list[Event] = []

    async def find_request(self, number: str) -> RequestReference | None:
        """Return the request with this tracking number, or None."""
        return await store.find_request(self.db, number)

    def add_feedback(
        self, request: AskedRequest, channel: SubmissionChannel, *, fixed: bool
    ) -> None:
        """Add the answer to the question whether the problem of a request is fixed."""
        feedback = Feedback(
            case_id=request.case_id,
            request_id=request.request_id,
            fixed=fixed,
            channel=channel,
            at=self.now,
        )
        event = FeedbackGiven.of(feedback, now=self.now, request=request.request_id)
        self.events.append(event.model_copy(update={"source": "/intake"}))

    async def add_note(self, call: NoteCall) -> str:
        """Add the note of a call, and return its id, or raise ``NoteError``; idempotent."""
        number = read_tracking_number(call.number)
        origin = NoteOrigin(f"/http/{call.caller}", call.page_by)
        request = await self.find_request(number) if number else None
        if request is None:
            raise NoSuchRequestError
        parsed = parse_note(call.data, request, origin, self._policy, self.now)
        if not isinstance(parsed, ParsedNote):
            raise NoteError(parsed)
        note = parsed.note
        quota = f"{note.request_id} {call.page_by}" if call.page_by else None
        is_within = quota is None or await store.has_quota(self.db, quota, MAX_PAGE_NOTES)
        key = idempotency_key(origin.source, call.id), payload_hash([number, call.data])
        stored = await store.store_note(self.db, key, note.note_id, quota)
        if not stored.is_same:
            raise NoteError((ID_REUSED,))
        if not stored.is_new:
            return stored.note_id
        if not is_within:
            raise TooManyNotesError
        await self._attach(note.request_id, [medium.url for medium in note.media])
        await self._add(note)
        if parsed.not_fixed and (done := await store.finished(self.db, note.request_id)):
            self.add_feedback(done, note.channel, fixed=False)
        return stored.note_id

    async def add_words(self, number: str, words: NoteWords) -> Location | None:
        """Add words to a request as notes; return its location by them, None for none."""
        request = await self.find_request(number)
        if request is None:
            raise LookupError("requests are never deleted")
        location = stated = await self._stated_location(words, request)
        media = [{"url": url} for url in words.media]
        origin = NoteOrigin(f"/{words.channel}", words.by)
        for part in split_text(words.text, MAX_DESCRIPTION):
            data = {"text": part, "language": words.language, "channel": words.channel}
            parsed = parse_note(data | {"media": media}, request, origin, self._policy, self.now)
            if isinstance(parsed, ParsedNote):
                lane = "express" if location else parsed.note.lane
                await self._add(parsed.note.model_copy(update={"location": location, "lane": lane}))
                media, location = [], None
        await self._attach(request.request_id, words.media)
        return stated

    async def _stated_location(
        self, words: NoteWords, request: RequestReference
    ) -> Location | None:
        if words.place is None or words.by != "reporter":
            return None
        city = self._policy.cities[request.jurisdiction]
        location = await locate_stated(words.place, city, geocoders_of(self.db, self._policy))
        if location and await place_request(self.db, request.request_id, location):
            return location
        return None

    async def _attach(self, request_id: str, urls: Iterable[str]) -> None:
        await attach_media(self.db, {request_id: media_ids_of(urls, self._policy.public_url)})

    async def _add(self, note: Note) -> None:
        public_texts = self._policy.cities[note.jurisdiction].jurisdiction.public_texts
        findings = reasons_to_hold(note.text, public_texts)
        if findings is not None:
            await hold(self.db, HeldText(note.note_id, note.request_id, findings, note.language))
        await store.add_text(self.db, note)
        self.events.append(NoteAdded.of(note, now=self.now, request=note.request_id))
