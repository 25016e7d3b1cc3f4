"""Conversations: each text is one transaction of state, acceptance, notes and answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple

import pydantic_core

from services.intake.channels.conversations.effects import StepEffects, Words, named_request
from services.intake.channels.sms.picture_store import (
    PicturesOf,
    add_pictures,
    assign_pictures,
    delete_old_pictures,
)
from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.commands import is_answer
from services.intake.channels.sms.rules.machine import on_due, on_text
from services.intake.channels.sms.rules.model import (
    AskedRequest,
    Conversation,
    FollowedRequest,
    IncomingText,
    ReportDraft,
    Step,
    TextNote,
)
from services.intake.channels.sms.rules.wording import fit, say
from services.intake.channels.sms.store import (
    Correspondent,
    add_answer,
    delete_old,
    find_answer,
    find_conversation,
    find_due,
    lock_conversation,
    lock_due,
    save_conversation,
)
from services.intake.inbound.batch import RawSubmission
from services.intake.notes.feedback import FinishedRequest, answered, last_finished
from services.intake.notes.parsing import RequestReference
from services.intake.policy import IntakePolicy, Prefetch, ServedCity
from services.intake.public_status.store import read_status
from services.intake.public_status.view import render_status
from services.intake.rules.idempotency import idempotency_key
from services.intake.rules.reporter import phone_ref
from services.intake.rules.text import normalize_text, split_text
from shared.contract.events import Consent, ConsentChanged, Location, SubmissionReceived
from shared.contract.events.notes import NoteAuthor
from shared.contract.events.submissions import MAX_DESCRIPTION
from shared.runtime.outbox.outbox import HandOver, enqueue
from shared.runtime.postgres import Connection, Pool, transaction


@dataclass(frozen=True, slots=True)
class SmsPlaces:
    """Foresees what a transaction will accept, from the conversation as it is before.

    What another text changes meanwhile costs at most the point of an address.

    Attributes:
        prefetch: Asks another server for places.
    """

    pool: Pool
    policy: IntakePolicy
    prefetch: Prefetch

    async def before_text(self, who: Correspondent, text: IncomingText) -> None:
        """Ask for the places of the reports that a text leads to, and for the one that it tells."""
        conversation = await find_conversation(self.pool, who)
        over = on_due(conversation, text.at)
        reader = self.policy.cities[who.jurisdiction].text_reader
        step = on_text(over.conversation if over else conversation, text, reader)
        await self.prefetch(_handed_in(who, over, step))

    async def before_due(self, now: datetime) -> None:
        """Ask for the place of the report that has waited longest for an answer."""
        if due := await find_due(self.pool, now, self.policy.cities, self.policy.sealer):
            await self.prefetch(_handed_in(due[0], on_due(due[1], now)))


def _handed_in(who: Correspondent, *steps: Step | None) -> Iterator[SubmissionReceived]:
    for step in steps:
        if step and step.submit:
            yield submission_of(step.submit, who, step.conversation).raw.handed_in
        if step and step.note and step.note.place:
            location = {"address": step.note.place.words}
            data = {"jurisdiction": who.jurisdiction, "channel": "sms", "location": location}
            yield SubmissionReceived(id=step.note.number, source=SOURCE, data=data)


SOURCE = "/sms"
"""Source of the submissions; no adapter can give it."""


class SmsSubmission(NamedTuple):
    """A submission, and the words that its description has no room for.

    Attributes:
        more: The rest of the words, a note to its request; empty for none.
    """

    raw: RawSubmission
    more: str


def submission_of(
    draft: ReportDraft, who: Correspondent, conversation: Conversation
) -> SmsSubmission:
    """Return the submission of a draft."""
    text = "\n".join(draft.texts)
    description = split_text(text, MAX_DESCRIPTION)[0]
    reporter = {
        "phone": who.number,
        "language": conversation.language,
        "status_updates": ["sms"] if who.number and not conversation.is_silent else [],
    }
    data: dict[str, Any] = {
        "jurisdiction": who.jurisdiction,
        "channel": "sms",
        "description": description,
        "language": conversation.language,
        "location": {"address": draft.place},
        "attributes": draft.answers,
        "reporter": reporter,
    }
    handed_in = SubmissionReceived(
        id=draft.first_id, source=SOURCE, time=draft.since.isoformat(), data=data
    )
    raw = RawSubmission(handed_in, pydantic_core.to_json(data))
    return SmsSubmission(raw, more=text[len(description) :].strip())


class ReceivedText(NamedTuple):
    """A text as the gateway hands it over.

    Attributes:
        id: Its ``MessageSid``.
        number: The person's number, E.164.
        pictures: Addresses of its pictures at the gateway.
    """

    id: str
    number: str
    jurisdiction: str
    body: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SmsConversations:
    """Leads conversations; everything that follows from a text commits together.

    Attributes:
        hand_over: Called after a commit, to pass its events to the relay.
        places: Asks another server for places before a transaction; None without one.
        on_picture: Called after a commit from which on pictures may be due.
    """

    pool: Pool
    policy: IntakePolicy
    hand_over: HandOver
    places: SmsPlaces | None = None
    on_picture: Callable[[], None] = lambda: None

    async def take(self, text: ReceivedText, now: datetime) -> str | None:
        """Return the answer to a text, None for none; the same text gets the same answer.

        Args:
            now: When it arrived.
        """
        identity = idempotency_key(SOURCE, text.id)
        person = phone_ref(self.policy.reporter_key, text.number)
        who = Correspondent(person, text.jurisdiction, text.number)
        if self.places:
            incoming = incoming_text(text, now)
            await self.places.before_text(who, incoming)
        async with transaction(self.pool) as db:
            conversation = await lock_conversation(db, who, now)
            if earlier := await find_answer(db, identity):
                return earlier.answer
            turn = _Turn(self, db, who, now)
            if over := on_due(conversation, now):
                conversation, _ = await turn.apply(over)
            reader = self.policy.cities[text.jurisdiction].text_reader
            step = on_text(conversation, await turn.incoming(text), reader)
            conversation, answer = await turn.apply(step)
            await save_conversation(db, who, conversation, now, self.policy.sealer)
            await add_answer(db, identity, answer, now)
            if text.pictures:
                pictures = turn.pictures(text, step, conversation)
                await add_pictures(db, identity, who, pictures, now)
            batches = await enqueue(db, turn.effects.events)
        self.hand_over(batches)
        if text.pictures or step.submit:
            self.on_picture()
        return answer

    async def end_one(self, now: datetime) -> bool:
        """Accept the report that has waited longest for an answer; return False without one."""
        if self.places:
            await self.places.before_due(now)
        async with transaction(self.pool) as db:
            due = await lock_due(db, now, self.policy.cities, self.policy.sealer)
            over = on_due(due[1], now) if due else None
            if due is None or over is None:
                return False
            turn = _Turn(self, db, due[0], now)
            conversation, _ = await turn.apply(over)
            await save_conversation(db, due[0], conversation, now, self.policy.sealer)
            batches = await enqueue(db, turn.effects.events)
        self.hand_over(batches)
        self.on_picture()
        return True

    async def delete_old(self, before: datetime) -> None:
        """Delete answers and conversations from before a moment, except of silent people."""
        async with transaction(self.pool) as db:
            await delete_old(db, before)
            await delete_old_pictures(db, before)


def incoming_text(text: ReceivedText, now: datetime) -> IncomingText:
    """Return a text as the state machine reads it, without the number that it may name.

    Args:
        now: When it arrived.
    """
    body = normalize_text(text.body)
    return IncomingText(text.id, body, now, has_pictures=bool(text.pictures))


class _Turn:
    """The effects of steps, inside one transaction."""

    def __init__(
        self, to: SmsConversations, db: Connection, who: Correspondent, now: datetime
    ) -> None:
        self.effects = StepEffects(db, to.policy, now)
        self._db, self._who, self._now = db, who, now
        self._city: ServedCity = to.policy.cities[who.jurisdiction]
        self._asked: FinishedRequest | None = None
        self._named: RequestReference | None = None

    async def incoming(self, text: ReceivedText) -> IncomingText:
        """Return a text with the requests that it is about: named in it, or asked about."""
        incoming = incoming_text(text, self._now)
        if is_answer(incoming.body):
            self._asked = await last_finished(
                self._db, self._who.person, self._who.jurisdiction, self._now
            )
        asked = self._asked and AskedRequest(self._asked.tracking_number, self._asked.service_code)
        self._named = await named_request(self._db, [incoming.body], self._who.jurisdiction)
        names = self._named.tracking_number if self._named else None
        return incoming._replace(names=names, asked=asked)

    def author(self, number: str, conversation: Conversation) -> NoteAuthor:
        """Return who the sender is to a request: its reporter by the conversation or the number."""
        own, named = conversation.request, self._named
        if own and own.number == number:
            return "reporter"
        is_named = named is not None and named.tracking_number == number
        return named.author(self._who.person) if named and is_named else "other"

    def pictures(self, text: ReceivedText, step: Step, after: Conversation) -> PicturesOf:
        """Return the pictures of a text: they belong to what it is about.

        Args:
            step: The step that it led to.
            after: The conversation after it; pictures of an open report wait with it.
        """
        own = after.request.number if after.request and not after.draft else None
        number = step.note.number if step.note else own
        is_own = number is None or self.author(number, after) == "reporter"
        return PicturesOf(text.pictures, number, is_own, after.language)

    async def apply(self, step: Step) -> tuple[Conversation, str | None]:
        """Do what a step says; return the conversation after it, and the answer."""
        conversation, reply = step.conversation, step.reply
        if step.opted_out is not None:
            self._record_consent(opted_out=step.opted_out)
        if step.note:
            conversation = await self._take_note(step.note, conversation)
        if step.says_fixed is not None and self._asked:
            fixed = step.says_fixed
            self.effects.events.append(answered(self._asked, "sms", self._now, fixed=fixed))
        if step.submit:
            request = await self._submit(step.submit, conversation)
            if request is None:
                reply = reply and say(conversation.language, wording.NOT_TAKEN)
            else:
                request = replace(request, asks_where=step.asks_where, dangers=step.dangers)
                conversation = replace(conversation, request=request)
                reply = reply and reply.replace("{number}", request.number)
        if reply and step.status_of:
            reply = await self._tell_status(reply, step.status_of, conversation.language)
        phone = self._city.jurisdiction.phone_text.in_language(conversation.language or "en")
        return conversation, fit(reply.replace("{phone}", phone)) if reply else None

    async def _submit(
        self, draft: ReportDraft, conversation: Conversation
    ) -> FollowedRequest | None:
        """Accept a draft; None for a rejected one, whose bytes stay with its receipt."""
        submission = submission_of(draft, self._who, conversation)
        taken = await self.effects.submit(submission.raw)
        if taken is None:
            return None
        if submission.more:
            await self._add_note(TextNote(taken.number, submission.more), conversation, "reporter")
        await assign_pictures(self._db, self._who, taken.number)
        return FollowedRequest(taken.number, taken.service_code, draft.place, self._now)

    async def _take_note(self, note: TextNote, conversation: Conversation) -> Conversation:
        """Add a note; return the conversation, which keeps the place that the note states."""
        request = conversation.request
        by = self.author(note.number, conversation)
        told = await self._add_note(note, conversation, by)
        if request is None or told is None:
            return conversation
        return replace(conversation, request=replace(request, place=told.address))

    async def _add_note(
        self, note: TextNote, conversation: Conversation, by: NoteAuthor
    ) -> Location | None:
        words = Words(note.text, "sms", conversation.language, by, place=note.place)
        return await self.effects.add_notes(note.number, words)

    def _record_consent(self, *, opted_out: bool) -> None:
        consent = Consent(
            contact=self._who.person,
            channel="sms",
            opted_out=opted_out,
            at=self._now,
            source=SOURCE,
        )
        self.effects.events.append(ConsentChanged.of(consent, now=self._now))

    async def _tell_status(self, reply: str, number: str, language: str | None) -> str:
        status = await read_status(self._db, number)
        if status is None or status.request.jurisdiction != self._who.jurisdiction:
            return say(language, wording.STATUS_UNKNOWN)
        view = render_status(status, self._city.jurisdiction, language or "en")
        return reply.replace("{status}", f"{view['service_name']}. {view['status_text']}")
