"""Notes on requests, inside the caller's transaction."""

from datetime import datetime

from services.intake.identifiers import idempotency_key, payload_hash, read_tracking_number
from services.intake.inbound.field_errors import ID_REUSED
from services.intake.media.store import attach_media
from services.intake.notes.parsing import NoteOrigin, ParsedNote, locate_stated, parse_note
from services.intake.notes.store import (
    feedback_event,
    find_request,
    finished,
    has_quota,
    store_note,
)
from services.intake.pictures import media_ids_of
from services.intake.places.gazetteer import geocoders_of
from services.intake.policy import IntakePolicy
from services.intake.public_status.store import place_request
from services.intake.records import (
    NoSuchRequestError,
    NoteCall,
    NoteError,
    NoteWords,
    RequestReference,
    TooManyNotesError,
)
from shared.contract.events import Event, Location, NoteAdded
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.runtime.postgres import Connection
from shared.text_matching.normalization import split_text

# Notes from pages that a request takes in 24 hours, from its reporter and from others each.
MAX_PAGE_NOTES = 20


async def add_note(
    db: Connection, call: NoteCall, policy: IntakePolicy, now: datetime, events: list[Event]
) -> str:
    """Add the note of a call, and return its id, or raise ``NoteError``; idempotent."""
    number = read_tracking_number(call.number)
    origin = NoteOrigin(f"/http/{call.caller}", call.page_by)
    request = await find_request(db, number) if number else None
    if request is None:
        raise NoSuchRequestError
    parsed = parse_note(call.data, request, origin, policy, now)
    if not isinstance(parsed, ParsedNote):
        raise NoteError(parsed)
    note = parsed.note
    quota = f"{note.request_id} {call.page_by}" if call.page_by else None
    is_within = quota is None or await has_quota(db, quota, MAX_PAGE_NOTES)
    key = idempotency_key(origin.source, call.id), payload_hash([number, call.data])
    stored = await store_note(db, key, note.note_id, quota)
    if not stored.is_same:
        raise NoteError((ID_REUSED,))
    if not stored.is_new:
        return stored.note_id
    if not is_within:
        raise TooManyNotesError
    ids = media_ids_of((medium.url for medium in note.media), policy.public_url)
    await attach_media(db, {note.request_id: ids})
    events.append(NoteAdded.of(note, now=now, request=note.request_id))
    if parsed.not_fixed and (done := await finished(db, note.request_id)):
        events.append(feedback_event(done, note.channel, now, fixed=False))
    return stored.note_id


async def add_words(  # noqa: PLR0913, PLR0917 - a transaction, its moment and its events
    db: Connection,
    number: str,
    words: NoteWords,
    policy: IntakePolicy,
    now: datetime,
    events: list[Event],
) -> Location | None:
    """Add words to a request as notes; return its location by them, None for none."""
    request = await find_request(db, number)
    if request is None:
        raise LookupError("requests are never deleted")
    location = stated = await _stated_location(db, words, request, policy)
    media = [{"url": url} for url in words.media]
    origin = NoteOrigin(f"/{words.channel}", words.by)
    for part in split_text(words.text, MAX_DESCRIPTION):
        data = {"text": part, "language": words.language, "channel": words.channel}
        parsed = parse_note(data | {"media": media}, request, origin, policy, now)
        if isinstance(parsed, ParsedNote):
            lane = "express" if location else parsed.note.lane
            note = parsed.note.model_copy(update={"location": location, "lane": lane})
            events.append(NoteAdded.of(note, now=now, request=note.request_id))
            media, location = [], None
    ids = media_ids_of(words.media, policy.public_url)
    await attach_media(db, {request.request_id: ids})
    return stated


async def _stated_location(
    db: Connection, words: NoteWords, request: RequestReference, policy: IntakePolicy
) -> Location | None:
    if words.place is None or words.by != "reporter":
        return None
    city = policy.cities[request.jurisdiction]
    location = await locate_stated(words.place, city, geocoders_of(db, policy))
    if location and await place_request(db, request.request_id, location):
        return location
    return None
