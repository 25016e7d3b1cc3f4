"""Ports of intake: the operations that its channels may ask of the core."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import ValidationError

from services.intake.acceptance import SubmissionBatcher
from services.intake.handlers import accept_submissions
from services.intake.identifiers import (
    ContactChannels,
    phone_ref,
    read_tracking_number,
    reporter_ref,
)
from services.intake.inbound.parsing import field_errors
from services.intake.inbound.validation import read_partly
from services.intake.limits import CallLimits
from services.intake.media.library import MediaLibrary
from services.intake.notes import NoteWork
from services.intake.outbound import with_informed
from services.intake.pictures import derived_media_id
from services.intake.places.gazetteer import Gazetteer, geocoders_of
from services.intake.policy import IntakePolicy, Prefetch
from services.intake.preview import preview
from services.intake.public_status.nearby import OpenCase, find_within
from services.intake.public_status.store import find_status, give_public_ids, read_status
from services.intake.records.notes import NoSuchRequestError, NoteCall
from services.intake.records.public import PublicStatus, TextToReview
from services.intake.records.submissions import (
    KnownPlace,
    LateContact,
    RawSubmission,
    Receipt,
    ScreenedText,
    SubmissionPreview,
    Uploader,
)
from services.intake.rules.classification import search_kinds
from services.intake.settings import IntakeSettings
from services.intake.store.erasure import erased_among
from services.intake.store.submissions import PostgresSubmissions, give_contact
from services.intake.store.texts import decide, held_texts
from shared.catalogue import Jurisdiction, ServiceType
from shared.contract.events import (
    Acceptance,
    Contact,
    ContactGiven,
    FieldError,
    SubmissionAccepted,
)
from shared.runtime.clock import utc_now
from shared.runtime.http.authentication import Callers
from shared.runtime.http.deadline import Deadline
from shared.runtime.ops.audit import audit
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Connection, Pool, transaction, translate_errors
from shared.spoken_languages import SpokenLanguage
from shared.vocabulary import GeoPoint, StatusChannel, TextStatus


class IntakeWork(NoteWork):
    """A transaction of a channel: its rows, requests, notes and events commit together."""

    async def submit(
        self, submission: RawSubmission, *, informs: StatusChannel | None = None
    ) -> Acceptance | None:
        """Accept a submission; None for a rejected one, whose bytes stay with its receipt.

        ``informs`` is the channel by which the reporter gets the tracking number with the answer.
        """
        [result] = await accept_submissions(
            [submission],
            PostgresSubmissions(self.db),
            self._policy,
            self.now,
            geocoders_of(self.db, self._policy),
        )
        self.events += (
            with_informed(event, informs) if informs else event for event in result.events
        )
        event = result.receipt.decode()
        return event.data if isinstance(event, SubmissionAccepted) else None

    async def status(self, number: str) -> PublicStatus | None:
        """Return the status of a request with its latest 100 changes, or None."""
        return await read_status(self.db, number)

    async def give_contact(self, number: str, given: LateContact) -> None:
        """Give the reporter of a request an address or a number; an erased one gets none."""
        key, reached = self._policy.reporter_key, ContactChannels(given.email, given.phone)
        numbered = phone_ref(key, given.phone) if given.phone else None
        person = reporter_ref(key, "", None, reached)
        request_id = await give_contact(self.db, number, person, numbered, given.language)
        if request_id:
            contact = Contact(
                request_id=request_id,
                **given._asdict(),
                status_updates=given.status_updates,
                phone_ref=numbered,
            )
            self.events.append(ContactGiven.of(contact, now=self.now, request=request_id))


@dataclass(frozen=True, slots=True)
class IntakePorts:
    """The core of intake as channels see it.

    Attributes:
        lookups: Connections for reads that a caller waits for.
        prefetch: Asks another server for places ahead of a transaction; None without one.
    """

    settings: IntakeSettings
    pool: Pool
    lookups: Pool
    callers: Callers
    limits: CallLimits
    pictures: MediaLibrary = field(repr=False)
    prefetch: Prefetch | None
    _policy: IntakePolicy
    _batcher: SubmissionBatcher
    _hand_over: HandOver

    @property
    def cities(self) -> Mapping[str, Jurisdiction]:
        """The cities by id."""
        return self._policy.jurisdictions

    @property
    def languages(self) -> Mapping[str, SpokenLanguage]:
        """The languages of what intake says, by tag, English first."""
        return self._policy.languages

    @property
    def public_url(self) -> str:
        """Base URL of intake for residents, without a trailing slash."""
        return self._policy.public_url

    @staticmethod
    async def erased_keys(db: Connection, keys: Sequence[str]) -> Collection[str]:
        """Return those of some keys of ``intake-contacts`` whose contact was erased."""
        return await erased_among(db, keys)

    @property
    def reporter_key(self) -> bytes:
        """Secret behind the keyed hashes of people and the ids of their pictures."""
        return self._policy.reporter_key

    def districts(self, city_id: str, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the city's district of each point; None outside all of them."""
        return self._policy.cities[city_id].boundaries.district(points)

    async def submit(
        self, *submissions: RawSubmission, within_s: float | None = None
    ) -> Sequence[Receipt]:
        """Accept or reject submissions; return their receipts, in order, once they are durable.

        They share transactions with those of other callers. At the deadline those are withdrawn
        whose transaction has not begun.

        Args:
            within_s: None for the deadline of a single call.

        Raises:
            TimeoutError: The deadline passed; any of them may or may not be durable.
            SystemicError: The service is starting or stopping, or the database is down.
        """
        deadline = Deadline() if within_s is None else Deadline(within_s)
        async with asyncio.timeout_at(deadline.until):
            return await self._batcher.submit(*submissions)

    def errors_of(self, submission: RawSubmission) -> Sequence[FieldError]:
        """Return the errors that a submission would be rejected for."""
        return read_partly(submission.envelope, utc_now(), self._policy)[1]

    async def preview(
        self, submission: RawSubmission, *, best_effort: bool = False
    ) -> SubmissionPreview:
        """Preview a submission, which may lack anything; best effort goes without the database."""
        return await preview(
            submission.envelope, self._policy, self.lookups, self.prefetch, best_effort=best_effort
        )

    async def add_note(self, call: NoteCall) -> str:
        """Add a note to a request, and return its id, or raise ``NoteError``; idempotent."""
        return await Deadline().wait_for(self._add_note(call))

    async def _add_note(self, call: NoteCall) -> str:
        async with self.unit_of_work() as work:
            return await work.add_note(call)

    async def give_contact(self, number: str, given: LateContact) -> None:
        """Give the reporter of a request an address or a number for updates. Idempotent."""
        await Deadline().wait_for(self._give_contact(number, given))

    async def _give_contact(self, number: str, given: LateContact) -> None:
        async with self.unit_of_work() as work:
            await work.give_contact(number, given)

    async def status(self, number: str) -> PublicStatus | None:
        """Return the status of a request with its latest 100 changes, or None."""
        return await Deadline().wait_for(find_status(self.lookups, number))

    async def decide_text(
        self, number: str, operator: str, *, released: bool, actor: str | None = None
    ) -> TextStatus:
        """Release the texts of a request to the public, or withhold them, as ``decide`` does."""
        status: TextStatus = "released" if released else "withheld"
        canonical = read_tracking_number(number)
        if canonical is None:
            raise NoSuchRequestError
        async with self.unit_of_work() as work:
            request_id = await decide(work.db, canonical, status, operator)
        audit(f"text_{status}", request=request_id, actor=actor, operator=operator)
        return status

    async def held_texts(self) -> Sequence[TextToReview]:
        """Return the 100 texts that wait longest for an operator."""
        async with transaction(self.lookups) as db:
            return await held_texts(db)

    async def keep_picture(
        self,
        content: bytes | bytearray,
        uploader: Uploader,
        *call: str,
        take: Callable[[], bytes] | None = None,
    ) -> str:
        """Keep a picture, and return its id: the same for the same picture of the same call.

        Args:
            call: Names the call, and the picture's place in it.
            take: Returns the bytes once its turn has come; None to copy ``content``.

        Raises:
            RefusedPictureError: It is not a picture that is kept.
            SystemicError: It could not be re-encoded or stored now.
        """
        media_id = derived_media_id(self.reporter_key, content, *call)
        await self.pictures.add_once(media_id, take or bytes(content), uploader)
        return media_id

    @asynccontextmanager
    async def unit_of_work(self, now: datetime | None = None) -> AsyncGenerator[IntakeWork]:
        """Open a transaction; publish its events after the commit."""
        async with transaction(self.pool) as db:
            work = IntakeWork(db, self._policy, now or utc_now())
            yield work
            batches = await enqueue(db, work.events)
        self._hand_over(batches)

    def screen(
        self,
        jurisdiction: str,
        text: str,
        answers: Mapping[str, object] | None = None,
        service_code: str | None = None,
    ) -> ScreenedText:
        """Classify a text, unless its kind is given, and screen it for hazards."""
        return self._policy.cities[jurisdiction].screen_text(text, answers or {}, service_code)

    async def find_places(
        self, jurisdiction: str, words: str, near: GeoPoint | None = None
    ) -> Sequence[KnownPlace]:
        """Return the places that words mean or begin; without words the address at a point."""
        served = self._policy.cities[jurisdiction]
        return await Gazetteer(self.lookups, self.cities).find(served, words, near)

    async def open_cases(
        self, jurisdiction: str, bounds: tuple[float, float, float, float]
    ) -> Sequence[OpenCase]:
        """Return the open cases of public kinds between west, south, east and north."""
        kinds = self.cities[jurisdiction].services.values()
        private = [kind.code for kind in kinds if kind.private]
        return await find_within(self.lookups, jurisdiction, bounds, private)

    def search_kinds(self, jurisdiction: str, words: str) -> Sequence[ServiceType]:
        """Return the kinds that words may mean, the likeliest first, at most eight."""
        return search_kinds(words, self.cities[jurisdiction])

    async def give_public_ids(self, request_ids: Collection[str]) -> None:
        """Give requests from before there were public ids theirs. Idempotent."""
        with translate_errors():
            async with self.lookups.acquire() as connection:
                await give_public_ids(connection, request_ids)

    @staticmethod
    def field_errors(error: ValidationError) -> tuple[FieldError, ...]:
        """Return the errors of a model's fields as those of a submission, one for each field."""
        return field_errors(error)
