"""Conversations by e-mail: each message is one transaction of state, acceptance and notes."""

import asyncio
import secrets
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

from services.intake.conversations.effects import StepEffects, Words
from services.intake.mail.pictures import MailPictures
from services.intake.mail.store import (
    StoredConversation,
    add_conversation,
    add_message,
    asked_since,
    delete_old,
    is_token,
    lock_conversation,
    lock_due,
    save_state,
)
from services.intake.mail.submission import SOURCE, submission_of
from services.intake.notes.parsing import RequestReference
from services.intake.notes.store import find_request
from services.intake.policy import IntakePolicy
from services.intake.rules.conversations.tracking_numbers import numbers_in
from services.intake.rules.idempotency import idempotency_key
from services.intake.rules.mail.addresses import OurAddresses
from services.intake.rules.mail.machine import ANSWER_WITHIN, on_answer, on_due, on_report
from services.intake.rules.mail.machines import takes_answers
from services.intake.rules.mail.message import MAX_WORDS, Mail, read_mail
from services.intake.rules.mail.model import MailConversation, MailReport, MailStep, Question
from services.intake.rules.reporter import email_ref
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outbox.relay import Relay
from shared.runtime.postgres import Connection, Pool, transaction

Fate: TypeAlias = Literal[
    "machine", "own", "repeat", "request", "question", "note", "waiting", "empty", "rejected"
]
"""What became of a message: ``waiting`` for an answer that answers nothing; ``empty`` for one in
which nobody wrote anything, and that nobody can be asked about."""

_READERS = 2
"""Messages that are read at a time, each in a thread: parsing is Python."""
_TOKEN_BYTES = 16
_MAX_QUESTIONS = 5
_QUESTIONS_WITHIN = timedelta(hours=24)
_PICTURE_ALONE = "(picture)"


class TooLongError(Exception):
    """The new text of a message is longer than any note could hold."""


class ReceivedMail(NamedTuple):
    """A message as SMTP hands it over.

    Attributes:
        content: Its bytes.
        return_path: The sender of its envelope; ``<>`` for none.
        recipients: The recipients of its envelope that are ours.
    """

    content: bytes
    return_path: str
    recipients: tuple[str, ...]


class _Message(NamedTuple):
    """A message with what it is about.

    Attributes:
        mail: The message.
        jurisdiction: The city that it was sent to.
        token: Token of the question that it answers; None for none.
        media: Addresses of its pictures.
        id: Id of the submission that it would be.
    """

    mail: Mail
    jurisdiction: str
    token: str | None
    media: tuple[str, ...]
    id: str


@dataclass(frozen=True, slots=True)
class MailConversations:
    """Leads conversations; everything that follows from a message commits together.

    Attributes:
        pool: Intake's database.
        policy: Rules by which submissions become requests.
        relay: Publishes events.
        addresses: The addresses that people write to.
        pictures: Keeps the pictures of messages.
        on_question: Called after the commit of a question.
    """

    pool: Pool
    policy: IntakePolicy
    relay: Relay
    addresses: OurAddresses
    pictures: MailPictures
    on_question: Callable[[], None] = lambda: None
    _reading: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_READERS))

    async def is_known(self, recipient: str) -> bool:
        """Return True for a recipient of ours, with a token that a question has or without."""
        if self.addresses.is_known(recipient):
            return True
        token = self.addresses.token(recipient)
        if token is None:
            return False
        async with transaction(self.pool) as db:
            return await is_token(db, token)

    async def take(self, received: ReceivedMail, now: datetime) -> Fate:
        """Take a message; the same message again changes nothing.

        Args:
            received: The message; all its recipients are known.
            now: When it came.

        Raises:
            TooLongError: Nothing of it is kept.
        """
        async with self._reading:
            mail = await asyncio.to_thread(read_mail, received.content, received.return_path)
        if mail.is_by_machine:
            return "machine"
        if mail.address and self.addresses.city(mail.address):
            return "own"
        if len(mail.words) > MAX_WORDS:
            raise TooLongError
        message = await self._message(mail, received.recipients)
        async with transaction(self.pool) as db:
            identified = await _identified(db, message, now)
            if identified is None:
                return "repeat"
            turn = _Turn(self, db, now)
            fate = await turn.take(identified)
            batches = await enqueue(db, turn.effects.events)
        self.relay.hand_over(batches)
        if turn.has_asked:
            self.on_question()
        return fate

    async def end_one(self, now: datetime) -> bool:
        """Accept the report that has waited longest for an answer; return False without one."""
        async with transaction(self.pool) as db:
            due = await lock_due(db, now, self.policy.cities)
            step = on_due(due.state, now) if due else None
            if due is None or step is None:
                return False
            turn = _Turn(self, db, now)
            await turn.apply(step, due)
            batches = await enqueue(db, turn.effects.events)
        self.relay.hand_over(batches)
        return True

    async def delete_old(self, before: datetime) -> None:
        """Delete messages and conversations from before a moment, except those that wait."""
        async with transaction(self.pool) as db:
            await delete_old(db, before)

    async def _message(self, mail: Mail, recipients: Sequence[str]) -> _Message:
        answered = [*recipients, *(id_.strip("<>") for id_ in mail.references)]
        tokens = filter(None, map(self.addresses.token, answered))
        media = await self.pictures.keep(mail)
        cities = filter(None, map(self.addresses.city, recipients))
        return _Message(mail, next(cities), next(tokens, None), media, mail.id)


async def _identified(db: Connection, message: _Message, now: datetime) -> _Message | None:
    """Return a new message with the id of its submission; None for a repeat.

    Two messages with one ``Message-ID`` are the same if their author sent the same.
    """
    mail = message.mail
    for id_ in dict.fromkeys([mail.id, mail.own_id]):
        known = await add_message(db, idempotency_key(SOURCE, id_), mail.digest, now)
        if known is None:
            return message._replace(id=id_)
        if known == mail.digest:
            return None
    return None


class _Turn:
    """The effects of a step, inside one transaction."""

    def __init__(self, to: MailConversations, db: Connection, now: datetime) -> None:
        self.effects = StepEffects(db, to.policy, now)
        self.has_asked = False
        self._policy, self._db, self._now = to.policy, db, now

    async def take(self, message: _Message) -> Fate:
        """Take a message as an answer, as a note, or as a report."""
        known = await lock_conversation(self._db, message.token) if message.token else None
        if known and known.jurisdiction in self._policy.cities:
            return await self._answer(message, known)
        if request := await self._named(message):
            return await self._note(message, request)
        return await self._report(message)

    async def apply(self, step: MailStep, known: StoredConversation) -> StoredConversation:
        """Do what a step of a conversation says; return the conversation after it."""
        state = replace(known.state, report=step.keep)
        if step.submit:
            state = replace(state, number=await self._submit(step.submit, known.jurisdiction))
        await save_state(self._db, known.token, state)
        return known._replace(state=state)

    async def _answer(self, message: _Message, known: StoredConversation) -> Fate:
        mail = message.mail
        if over := on_due(known.state, self._now):
            known = await self.apply(over, known)
        reader = self._policy.cities[known.jurisdiction].text_reader
        step = on_answer(known.state, mail.text, message.media, reader)
        if step.note is not None:
            return await self._note_to(known.state.number, message, self._by(mail, known.person))
        await self.apply(step, known)
        return "request" if step.submit else "waiting"

    async def _named(self, message: _Message) -> RequestReference | None:
        """Return the request whose number stands in the subject or in an id that is answered."""
        for text in (message.mail.subject, *message.mail.references):
            for number in numbers_in(text):
                request = await find_request(self._db, number)
                if request and request.jurisdiction == message.jurisdiction:
                    return request
        return None

    async def _note(self, message: _Message, request: RequestReference) -> Fate:
        by = self._by(message.mail, request.reporter_ref)
        return await self._note_to(request.tracking_number, message, by)

    async def _note_to(
        self, number: str | None, message: _Message, by: Literal["reporter", "other"]
    ) -> Fate:
        mail = message.mail
        text = mail.text or mail.subject or (_PICTURE_ALONE if message.media else "")
        if number is None or not text:
            return "waiting"
        language = self._policy.cities[message.jurisdiction].text_reader.read(text[:4_000]).language
        words = Words(text, "email", language, by, message.media)
        await self.effects.add_notes(number, words)
        return "note"

    async def _report(self, message: _Message) -> Fate:
        mail = message.mail
        person = email_ref(self._policy.reporter_key, mail.address or "")
        report = MailReport(
            first_id=message.id,
            words=mail.words,
            attached=mail.attached,
            since=self._now,
            due_at=self._now + ANSWER_WITHIN,
            address=mail.address,
            name=mail.name,
            media=message.media,
        )
        reader = self._policy.cities[message.jurisdiction].text_reader
        step = on_report(report, reader, may_ask=await self._may_ask(mail, person))
        number = None
        if step.submit:
            number = await self._submit(step.submit, message.jurisdiction)
            if number is None:
                return "rejected"
        if step.question:
            state = _asked(step.question, step, number)
            await self._ask(message, person, state)
            return "request" if step.submit else "question"
        return "request" if step.submit else "empty"

    async def _may_ask(self, mail: Mail, person: str) -> bool:
        """Return False for an unread mailbox, and for a person who was asked often enough today."""
        if not takes_answers(mail.address):
            return False
        asked = await asked_since(self._db, person, self._now - _QUESTIONS_WITHIN)
        return asked < _MAX_QUESTIONS

    async def _ask(self, message: _Message, person: str, state: MailConversation) -> None:
        new = StoredConversation(
            token=b32encode(secrets.token_bytes(_TOKEN_BYTES)).decode().rstrip("=").lower(),
            jurisdiction=message.jurisdiction,
            person=person,
            address=message.mail.address,
            message_id=message.mail.id,
            state=state,
            asked_at=self._now,
        )
        await add_conversation(self._db, new)
        self.has_asked = True

    async def _submit(self, report: MailReport, jurisdiction: str) -> str | None:
        """Accept a report; None for a rejected one, whose bytes stay with its receipt."""
        submission = submission_of(report, jurisdiction)
        taken = await self.effects.submit(submission.raw)
        if taken is None:
            return None
        if submission.more:
            words = Words(submission.more, "email", report.language, "reporter")
            await self.effects.add_notes(taken.number, words)
        return taken.number

    def _by(self, mail: Mail, person: str | None) -> Literal["reporter", "other"]:
        is_person = mail.address and email_ref(self._policy.reporter_key, mail.address) == person
        return "reporter" if is_person else "other"


def _asked(question: Question, step: MailStep, number: str | None) -> MailConversation:
    report = step.submit or step.keep
    return MailConversation(question, report.language if report else None, step.keep, number)
