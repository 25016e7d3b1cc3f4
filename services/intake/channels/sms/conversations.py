"""Conversations: each text is one transaction of state, acceptance, notes and answer."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from services.intake.channels.conversations.lookup import (
    LongSubmission,
    long_submission,
    named_request,
    text_reader,
)
from services.intake.channels.sms import store
from services.intake.channels.sms.rules import wording
from services.intake.channels.sms.rules.conversation import (
    Conversation,
    FollowedRequest,
    IncomingText,
    ReportDraft,
    Step,
    TextNote,
)
from services.intake.channels.sms.rules.machine import on_due, on_text
from services.intake.channels.sms.rules.wording import fit, is_answer, is_question
from services.intake.channels.status_view import render_status
from services.intake.identifiers import idempotency_key, phone_ref
from services.intake.ports import IntakePorts, IntakeWork
from services.intake.records.notes import AskedRequest, NoteWords, RequestReference
from shared.contract.events import Consent, ConsentChanged, SubmissionReceived
from shared.contract.events.notes import NoteAuthor
from shared.runtime.postgres import transaction
from shared.runtime.sealing import Sealer
from shared.spoken_languages import SpokenLanguage, language_of
from shared.text_matching.normalization import normalize_text


def _submissions(who: store.Correspondent, *steps: Step | None) -> Iterator[SubmissionReceived]:
    for step in steps:
        if step and step.submit:
            yield submission_of(step.submit, who, step.conversation).raw.envelope
        if step and step.note and step.note.place:
            location = {"address": step.note.place.words}
            data = {"jurisdiction": who.jurisdiction, "channel": "sms", "location": location}
            yield SubmissionReceived(id=step.note.number, source=SOURCE, data=data)


# Source of the submissions; no adapter can give it.
SOURCE = "/sms"


def submission_of(
    draft: ReportDraft, who: store.Correspondent, conversation: Conversation
) -> LongSubmission:
    """Return the submission of a draft."""
    data = {
        "jurisdiction": who.jurisdiction,
        "channel": "sms",
        "language": conversation.language,
        "location": {"address": draft.place},
        "attributes": draft.answers,
        "reporter": {
            "phone": who.number,
            "language": conversation.language,
            "status_updates": ["sms"] if who.number and not conversation.is_silent else [],
        },
    }
    return long_submission(SOURCE, draft.first_id, draft.since, "\n".join(draft.texts), data)


class ReceivedText(NamedTuple):
    """A text as received from the gateway: ``MessageSid`` and E.164 number."""

    id: str
    number: str
    jurisdiction: str
    body: str
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SmsConversations:
    """Handles conversations; everything that follows from a text commits together."""

    core: IntakePorts
    sealer: Sealer
    on_picture: Callable[[], None] = lambda: None

    async def _prefetch_of_text(self, who: store.Correspondent, text: IncomingText) -> None:
        """Ask another server for the places of the reports that a text leads to.

        It reads the conversation before the transaction: a text that comes in between costs at
        most the point of an address.
        """
        if self.core.prefetch:
            conversation = await store.find_conversation(self.core.lookups, who)
            over = on_due(conversation, text.at)
            reader = text_reader(self.core, who.jurisdiction)
            step = on_text(over.conversation if over else conversation, text, reader)
            await self.core.prefetch(_submissions(who, over, step))

    async def take(self, text: ReceivedText, now: datetime) -> str | None:
        """Return the answer to a text, None for none; the same text gets the same answer."""
        identity = idempotency_key(SOURCE, text.id)
        person = phone_ref(self.core.reporter_key, text.number)
        who = store.Correspondent(person, text.jurisdiction, text.number)
        await self._prefetch_of_text(who, incoming_text(text, now))
        async with self.core.unit_of_work(now) as work:
            db = work.db
            conversation = await store.lock_conversation(db, who, now)
            if earlier := await store.find_answer(db, identity):
                return earlier[0]
            turn = _Turn(self.core, work, who)
            if over := on_due(conversation, now):
                conversation, _ = await turn.apply(over)
            reader = text_reader(self.core, text.jurisdiction)
            step = on_text(conversation, await turn.incoming(text), reader)
            conversation, answer = await turn.apply(step)
            await store.save_conversation(db, who, conversation, now, self.sealer)
            await store.add_answer(db, identity, answer, now)
            if text.pictures:
                pictures = turn.pictures(text, step, conversation)
                await store.add_pictures(db, identity, who, pictures, now)
        if text.pictures or step.submit:
            self.on_picture()
        return answer

    async def end_one(self, now: datetime) -> bool:
        """Accept the report that has waited longest for an answer; return False without one."""
        if self.core.prefetch and (
            waiting := await store.find_due(self.core.lookups, now, self.core.cities, self.sealer)
        ):
            await self.core.prefetch(_submissions(waiting[0], on_due(waiting[1], now)))
        async with self.core.unit_of_work(now) as work:
            due = await store.lock_due(work.db, now, self.core.cities, self.sealer)
            over = on_due(due[1], now) if due else None
            if due is None or over is None:
                return False
            conversation, _ = await _Turn(self.core, work, due[0]).apply(over)
            await store.save_conversation(work.db, due[0], conversation, now, self.sealer)
        self.on_picture()
        return True

    async def delete_old(self, before: datetime) -> None:
        """Delete answers and conversations from before a moment, except of silent people."""
        async with transaction(self.core.pool) as db:
            await store.delete_old(db, before)
            await store.delete_old_pictures(db, before)


def incoming_text(text: ReceivedText, now: datetime) -> IncomingText:
    """Return a text as the state machine reads it, without the number that it may name."""
    body = normalize_text(text.body)
    return IncomingText(text.id, body, now, has_pictures=bool(text.pictures))


class _Turn:
    def __init__(self, core: IntakePorts, work: IntakeWork, who: store.Correspondent) -> None:
        self._work, self._who, self._now = work, who, work.now
        self._city, self._languages = core.cities[who.jurisdiction], core.languages
        self._asked: AskedRequest | None = None
        self._named: RequestReference | None = None
        self._contact_language: str | None = None

    async def incoming(self, text: ReceivedText) -> IncomingText:
        """Return a text with the requests that it is about: named in it, or asked about."""
        incoming = incoming_text(text, self._now)
        if is_answer(incoming.body) or is_question(incoming.body):
            self._asked = await store.last_finished(self._work.db, self._who, self._now)
        question = await store.open_question(self._work.db, self._who)
        self._named = await named_request(self._work, [incoming.body], self._who.jurisdiction)
        self._contact_language = await store.contact_language(self._work.db, self._who)
        return incoming._replace(
            names=self._named.tracking_number if self._named else None,
            asked=self._asked,
            question=question,
            language=self._contact_language,
        )

    def author(self, number: str, conversation: Conversation) -> NoteAuthor:
        """Return the role of the sender: reporter by the conversation or by the number."""
        own, named = conversation.request, self._named
        if own and own.number == number:
            return "reporter"
        is_named = named is not None and named.tracking_number == number
        return named.author(self._who.person) if named and is_named else "other"

    def pictures(self, text: ReceivedText, step: Step, after: Conversation) -> store.PicturesOf:
        """Return the pictures of a text with the request that they belong to."""
        own = after.request.number if after.request and not after.draft else None
        number = step.note.number if step.note else own
        is_own = number is None or self.author(number, after) == "reporter"
        return store.PicturesOf(text.pictures, number, is_own, after.language)

    async def apply(self, step: Step) -> tuple[Conversation, str | None]:
        """Apply a step; return the conversation after it, and the answer."""
        conversation, reply = step.conversation, step.reply
        values: dict[str, str] = {}
        language = language_of(self._languages, conversation.language or self._contact_language)
        if step.opted_out is not None:
            self._record_consent(opted_out=step.opted_out)
        if step.note:
            conversation = await self._take_note(step.note, conversation)
        if step.says_fixed is not None and self._asked:
            self._work.add_feedback(self._asked, "sms", fixed=step.says_fixed)
        if step.submit:
            request = await self._submit(step.submit, conversation, is_told=bool(reply))
            if request is None:
                reply = reply and (wording.NOT_TAKEN,)
            else:
                request = replace(request, asks_where=step.asks_where, dangers=step.dangers)
                conversation = replace(conversation, request=request)
                values["number"] = request.number
        if reply and step.status_of:
            values["status"] = await self._status_text(step.status_of, language)
            reply = reply if values["status"] else (wording.STATUS_UNKNOWN,)
        values["phone"] = self._city.phone_in(language.tag)
        answer = " ".join(language.say(text, **values) for text in reply)
        return conversation, fit(answer) if answer else None

    async def _submit(
        self, draft: ReportDraft, conversation: Conversation, *, is_told: bool
    ) -> FollowedRequest | None:
        submission = submission_of(draft, self._who, conversation)
        taken = await self._work.submit(submission.raw, informs="sms" if is_told else None)
        if taken is None:
            return None
        if submission.more:
            words = NoteWords(submission.more, "sms", conversation.language, "reporter")
            await self._work.add_words(taken.tracking_number, words)
        await store.assign_pictures(self._work.db, self._who, taken.tracking_number)
        return FollowedRequest(taken.tracking_number, taken.service_code, draft.place, self._now)

    async def _take_note(self, note: TextNote, conversation: Conversation) -> Conversation:
        request = conversation.request
        by = self.author(note.number, conversation)
        words = NoteWords(note.text, "sms", conversation.language, by, place=note.place)
        told = await self._work.add_words(note.number, words)
        if request is None or told is None:
            return conversation
        return replace(conversation, request=replace(request, place=told.address))

    def _record_consent(self, *, opted_out: bool) -> None:
        consent = Consent(
            contact=self._who.person,
            channel="sms",
            opted_out=opted_out,
            at=self._now,
            source=SOURCE,
        )
        self._work.events.append(ConsentChanged.of(consent, now=self._now))

    async def _status_text(self, number: str, language: SpokenLanguage) -> str:
        """Return the kind and status of a request of the city; empty for an unknown number."""
        status = await self._work.status(number)
        if status is None or status.request.jurisdiction != self._who.jurisdiction:
            return ""
        view = render_status(status, self._city, language)
        return f"{view['service_name']}. {view['status_text']}"
