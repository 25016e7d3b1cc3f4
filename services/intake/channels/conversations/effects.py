"""Effects of a step of a conversation, inside its transaction: requests and notes."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from services.intake.channels.conversations.rules.another import numbers_in
from services.intake.handlers import accept_submissions
from services.intake.inbound.batch import RawSubmission
from services.intake.media.store import attach_media
from services.intake.notes.parsing import (
    NoteOrigin,
    ParsedNote,
    RequestReference,
    locate_stated,
    parse_note,
)
from services.intake.notes.store import find_request
from services.intake.places.gazetteer import geocoders_of
from services.intake.policy import IntakePolicy
from services.intake.public_status.store import place_request
from services.intake.rules.media import media_ids_of
from services.intake.rules.stated_places import StatedPlace
from services.intake.rules.text import split_text
from services.intake.store.submissions import PostgresSubmissions
from shared.contract.events import Event, Location, NoteAdded, SubmissionAccepted
from shared.contract.events.notes import NoteAuthor
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.runtime.postgres import Connection
from shared.vocabulary import SubmissionChannel


class TakenRequest(NamedTuple):
    """A request that a submission became."""

    number: str
    service_code: str


class Words(NamedTuple):
    """Words to add to a request.

    Attributes:
        text: Of any length; each 4,000 characters are a note.
        channel: Channel by which they came.
        language: Their language, BCP 47; None while unknown.
        by: Who the sender is to the request.
        media: Addresses of our own pictures, for the first note.
        place: Location of the request as stated in them; counts if the sender is the contact.
    """

    text: str
    channel: SubmissionChannel
    language: str | None
    by: NoteAuthor
    media: Sequence[str] = ()
    place: StatedPlace | None = None


class StepEffects:
    """The requests and notes of one step; their events follow with the commit."""

    def __init__(self, db: Connection, policy: IntakePolicy, now: datetime) -> None:
        """Collect the effects of a step.

        Args:
            db: A connection in the transaction of the step.
        """
        self.events: list[Event] = []
        self._db, self._policy, self._now = db, policy, now

    async def submit(self, submission: RawSubmission) -> TakenRequest | None:
        """Accept a submission; None for a rejected one, whose bytes stay with its receipt."""
        [result] = await accept_submissions(
            [submission],
            PostgresSubmissions(self._db),
            self._policy,
            self._now,
            geocoders_of(self._db, self._policy),
        )
        self.events += result.events
        receipt = result.receipt.decode()
        if not isinstance(receipt, SubmissionAccepted):
            return None
        return TakenRequest(receipt.data.tracking_number, receipt.data.service_code)

    async def add_notes(self, number: str, words: Words) -> Location | None:
        """Add words to a request; return the location that it has by them, None for none.

        Raises:
            LookupError: There is no such request.
        """
        request = await find_request(self._db, number)
        if request is None:
            raise LookupError("requests are never deleted")
        location = told = await self._stated_location(words, request)
        media = [{"url": url} for url in words.media]
        origin = NoteOrigin(f"/{words.channel}", words.by)
        for part in split_text(words.text, MAX_DESCRIPTION):
            data = {"text": part, "language": words.language, "channel": words.channel}
            parsed = parse_note(data | {"media": media}, request, origin, self._policy, self._now)
            if isinstance(parsed, ParsedNote):
                lane = "express" if location else parsed.note.lane
                note = parsed.note.model_copy(update={"location": location, "lane": lane})
                self.events.append(NoteAdded.of(note, now=self._now, request=note.request_id))
                media, location = [], None
        ids = media_ids_of(words.media, self._policy.public_url)
        await attach_media(self._db, {request.request_id: ids})
        return told

    async def _stated_location(self, words: Words, request: RequestReference) -> Location | None:
        """Return the location that a request without one has by words of its reporter."""
        if words.place is None or words.by != "reporter":
            return None
        city = self._policy.cities[request.jurisdiction]
        geocoders = geocoders_of(self._db, self._policy)
        location = await locate_stated(words.place, city, geocoders)
        if location and await place_request(self._db, request.request_id, location):
            return location
        return None


async def named_request(
    db: Connection, texts: Iterable[str], jurisdiction: str
) -> RequestReference | None:
    """Return the first request of a city whose tracking number stands in texts; None without one.

    Args:
        db: A connection in a transaction.
        texts: The texts, in the order in which they count.
    """
    for text in texts:
        for number in numbers_in(text):
            request = await find_request(db, number)
            if request and request.jurisdiction == jurisdiction:
                return request
    return None
