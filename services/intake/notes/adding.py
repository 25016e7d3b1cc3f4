"""Notes on requests: stored and published in one transaction."""

from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeAlias

from services.intake.inbound.field_errors import id_reused
from services.intake.media.store import attach_media
from services.intake.notes.feedback import answered, finished
from services.intake.notes.parsing import NoteOrigin, ParsedNote, parse_note
from services.intake.notes.store import add_note, find_request, has_quota
from services.intake.policy import IntakePolicy
from services.intake.rules.idempotency import idempotency_key, payload_hash
from services.intake.rules.media import media_ids_of
from services.intake.rules.tracking_number import read_tracking_number
from shared.contract.events import Event, FieldError, NoteAdded
from shared.contract.events.notes import NoteAuthor
from shared.runtime.clock import utc_now
from shared.runtime.http.call_slots import NOT_ACCEPTABLE
from shared.runtime.http.callers import RefusedError
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.shedding import NOTES_OF_A_DAY
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Pool, transaction

MAX_PAGE_NOTES = 20
"""The most notes from pages that a request takes in 24 hours, from its reporter and from others."""


class NoteCall(NamedTuple):
    """A call that adds a note.

    Attributes:
        caller: The adapter; ``web`` for the residents' pages.
        number: Tracking number, as written.
        data: Any JSON.
        page_by: Who writes on a page; None for an adapter.
    """

    caller: str
    id: str
    number: str
    data: Any
    page_by: NoteAuthor | None = None


class TooManyNotesError(RefusedError):
    """A request has got as many notes from pages as it takes in a day."""


AddNote: TypeAlias = Callable[[NoteCall], Coroutine[Any, Any, str]]
"""Adds a note; returns its id."""


def note_adder(pool: Pool, policy: IntakePolicy, hand_over: HandOver) -> AddNote:
    """Return the function that stores a note and publishes its event.

    Args:
        hand_over: Called after the commit, to pass the event to the relay.
    """

    async def add(call: NoteCall) -> str:
        tracking_number = read_tracking_number(call.number)
        origin = NoteOrigin(f"/http/{call.caller}", call.page_by)
        async with transaction(pool) as db:
            request = await find_request(db, tracking_number) if tracking_number else None
            if request is None:
                detail = "We have no request with this number. Compare it with the receipt."
                raise RefusedError(problem_response(404, "No such number", detail))
            now = utc_now()
            parsed = parse_note(call.data, request, origin, policy, now)
            if not isinstance(parsed, ParsedNote):
                raise _not_acceptable(parsed)
            note = parsed.note
            quota = f"{note.request_id} {call.page_by}" if call.page_by else None
            is_within = quota is None or await has_quota(db, quota, MAX_PAGE_NOTES)
            hashed = payload_hash([tracking_number, call.data])
            key = idempotency_key(origin.source, call.id), hashed
            stored = await add_note(db, key, note.note_id, quota)
            if not stored.is_same:
                raise _not_acceptable((id_reused(),))
            if not stored.is_new:
                return stored.note_id
            if not is_within:
                raise TooManyNotesError(NOTES_OF_A_DAY.response())
            ids = media_ids_of((medium.url for medium in note.media), policy.public_url)
            await attach_media(db, {note.request_id: ids})
            events: list[Event] = [NoteAdded.of(note, now=now, request=note.request_id)]
            if parsed.not_fixed and (done := await finished(db, note.request_id)):
                events.append(answered(done, note.channel, now, fixed=False))
            batches = await enqueue(db, events)
        hand_over(batches)
        return stored.note_id

    return add


def _not_acceptable(errors: tuple[FieldError, ...]) -> RefusedError:
    return RefusedError(problem_response(422, *NOT_ACCEPTABLE, errors=errors))
