"""Conversations by e-mail: each message is one transaction of state, acceptance and notes."""

import secrets
from base64 import b32encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, TypeAlias

import structlog

from services.intake.channels.conversations.lookup import (
    LongSubmission,
    long_submission,
    named_request,
    text_reader,
)
from services.intake.channels.conversations.rules import TextReading
from services.intake.channels.mail import store
from services.intake.channels.mail.reading import MailReader
from services.intake.channels.mail.rules import machine
from services.intake.channels.mail.rules.addresses import OurAddresses, ReturnReport, may_return
from services.intake.channels.mail.rules.headers import takes_answers
from services.intake.channels.mail.rules.message import Mail
from services.intake.identifiers import email_ref, idempotency_key
from services.intake.pictures import MAX_BYTES, RefusedPictureError, media_url
from services.intake.ports import IntakePorts, IntakeWork
from services.intake.records.notes import NoteWords, RequestReference, StatedPlace
from services.intake.records.submissions import Uploader
from shared.contract.events import MailReturn, MailReturned
from shared.contract.events.notes import NoteAuthor
from shared.contract.events.submissions import MAX_MEDIA
from shared.email_address import without_tag
from shared.runtime.postgres import Connection, transaction
from shared.runtime.sealing import Sealer

# Source of the submissions; no adapter can give it.
SOURCE = "/email"
_NO_WORDS = "(no text)"


def submission_of(report: machine.MailReport, jurisdiction: str) -> LongSubmission:
    """Return the submission of a report."""
    text = report.words
    if report.attached:
        text = f"{text}\n\n(Attached, not kept: {report.attached})".strip()
    data = {
        "jurisdiction": jurisdiction,
        "channel": "email",
        "language": report.language,
        "location": {"address": report.place},
        "media": [{"url": url} for url in report.media[:MAX_MEDIA]],
        "reporter": {
            "name": report.name,
            "email": report.address,
            "language": report.language,
            "status_updates": ["email"] if report.address else [],
        },
    }
    submission = long_submission(SOURCE, report.first_id, report.since, text or _NO_WORDS, data)
    return submission._replace(more_media=report.media[MAX_MEDIA:])


log = structlog.get_logger()

_UPLOADER = "email"


async def keep_pictures(core: IntakePorts, mail: Mail) -> tuple[str, ...]:
    """Keep up to 20 pictures of a message, return the addresses of the kept ones; idempotent."""
    urls, uploader = [], Uploader(_UPLOADER, mail.address or "")
    few = [picture for picture in mail.pictures[:MAX_MEDIA] if len(picture) <= MAX_BYTES]
    for position, picture in enumerate(few):
        try:
            media_id = await core.keep_picture(
                picture, uploader, _UPLOADER, mail.own_id, str(position)
            )
        except RefusedPictureError as refused:
            log.info("mail_picture_refused", fault=refused.fault)
        else:
            urls.append(media_url(core.public_url, media_id))
    return tuple(urls)


# Outcome of a message: ``waiting`` for an answer without content, ``empty`` for a message without
# content whose author cannot be asked, ``returned`` for a bounce or complaint.
Fate: TypeAlias = Literal[
    "machine",
    "own",
    "repeat",
    "request",
    "question",
    "note",
    "waiting",
    "empty",
    "rejected",
    "returned",
]

_TOKEN_BYTES = 16
_MAX_QUESTIONS = 5
_QUESTIONS_WITHIN = timedelta(hours=24)
_PICTURE_ALONE = "(picture)"


class MailMessage(NamedTuple):
    """A message with its subject matter; without a token it answers no question."""

    mail: Mail
    jurisdiction: str
    token: str | None
    media: tuple[str, ...]
    id: str


class MailTurn:
    """The effects of a message or of time, inside one transaction."""

    def __init__(self, core: IntakePorts, work: IntakeWork, sealer: Sealer) -> None:
        self.has_asked = False
        self._number: str | None = None  # of the request that the message makes or is about
        self._core, self._work, self._sealer = core, work, sealer
        self._db, self._now = work.db, work.now

    async def take(self, message: MailMessage) -> Fate:
        """Process a message; words of a person who may harm themselves are always answered."""
        fate = await self._take(message)
        reading = text_reader(self._core, message.jurisdiction)
        words = message.mail.words[: machine.MAX_READ]
        if not self.has_asked and reading.assess(words).is_crisis:
            person = self._person(message.mail)
            if await self._may_ask(message.mail, person):
                language = reading.read(words).language
                state = machine.MailConversation("crisis", language, number=self._number)
                await self._ask(message, person, state)
        return fate

    async def _take(self, message: MailMessage) -> Fate:
        known = None
        if message.token:
            known = await store.lock_conversation(self._db, message.token, self._sealer)
        is_open = known and (known.state.report or known.state.number)
        if known and is_open and known.jurisdiction in self._core.cities:
            return await self._answer(message, known)
        texts = (message.mail.subject, *message.mail.references)
        if request := await named_request(self._work, texts, message.jurisdiction):
            return await self._note(message, request)
        return await self._report(message)

    async def apply(
        self, step: machine.MailStep, known: store.StoredConversation
    ) -> store.StoredConversation:
        """Apply a step; return the conversation after it."""
        state = replace(known.state, report=step.keep)
        if step.submit:
            state = replace(state, number=await self._submit(step.submit, known.jurisdiction))
        await store.save_state(self._db, known.token, state, self._sealer)
        return known._replace(state=state)

    async def _answer(self, message: MailMessage, known: store.StoredConversation) -> Fate:
        mail = message.mail
        if over := machine.on_due(known.state, self._now):
            known = await self.apply(over, known)
        reader = text_reader(self._core, known.jurisdiction)
        step = machine.on_answer(known.state, mail.text, message.media, reader)
        if step.note is not None:
            by = self._by(mail, known.person)
            return await self._note_to(known.state.number, message, by, step.place)
        await self.apply(step, known)
        return "request" if step.submit else "waiting"

    async def _note(self, message: MailMessage, request: RequestReference) -> Fate:
        by = self._by(message.mail, request.reporter_ref)
        text = message.mail.text
        place = self._read(message, text).stated_place(text, asked=False)
        return await self._note_to(request.tracking_number, message, by, place)

    async def _note_to(
        self, number: str | None, message: MailMessage, by: NoteAuthor, place: StatedPlace | None
    ) -> Fate:
        mail = message.mail
        text = mail.text or mail.subject or (_PICTURE_ALONE if message.media else "")
        if number is None or not text:
            return "waiting"
        self._number = number
        language = self._read(message, text).language
        words = NoteWords(text, "email", language, by, message.media, place)
        await self._work.add_words(number, words)
        return "note"

    def _read(self, message: MailMessage, text: str) -> TextReading:
        return text_reader(self._core, message.jurisdiction).read(text[: machine.MAX_READ])

    async def _report(self, message: MailMessage) -> Fate:
        mail = message.mail
        person = self._person(mail)
        report = machine.MailReport(
            first_id=message.id,
            words=mail.words,
            attached=mail.attached,
            since=self._now,
            due_at=self._now + machine.ANSWER_WITHIN,
            address=mail.address,
            name=mail.name,
            media=message.media,
        )
        reader = text_reader(self._core, message.jurisdiction)
        step = machine.on_report(report, reader, may_ask=await self._may_ask(mail, person))
        number = None
        if step.submit:
            number = await self._submit(step.submit, message.jurisdiction)
            if number is None:
                return "rejected"
        if step.question:
            asked = step.submit or step.keep
            language = asked.language if asked else None
            state = machine.MailConversation(step.question, language, step.keep, number)
            await self._ask(message, person, state)
            return "request" if step.submit else "question"
        return "request" if step.submit else "empty"

    def _person(self, mail: Mail) -> str:
        return email_ref(self._core.reporter_key, without_tag(mail.address or ""))

    async def _may_ask(self, mail: Mail, person: str) -> bool:
        """Return False for an unread mailbox, and above the daily limit of questions."""
        if not takes_answers(mail.address):
            return False
        asked = await store.asked_since(self._db, person, self._now - _QUESTIONS_WITHIN)
        return asked < _MAX_QUESTIONS

    async def _ask(
        self, message: MailMessage, person: str, state: machine.MailConversation
    ) -> None:
        new = store.StoredConversation(
            token=b32encode(secrets.token_bytes(_TOKEN_BYTES)).decode().rstrip("=").lower(),
            jurisdiction=message.jurisdiction,
            person=person,
            address=message.mail.address,
            message_id=message.mail.id,
            state=state,
            asked_at=self._now,
        )
        await store.add_conversation(self._db, new, self._sealer)
        self.has_asked = True

    async def _submit(self, report: machine.MailReport, jurisdiction: str) -> str | None:
        submission = submission_of(report, jurisdiction)
        taken = await self._work.submit(submission.raw)
        if taken is None:
            return None
        self._number = taken.tracking_number
        if submission.more or submission.more_media:
            more, media = submission.more or _PICTURE_ALONE, submission.more_media
            words = NoteWords(more, "email", report.language, "reporter", media)
            await self._work.add_words(taken.tracking_number, words)
        return taken.tracking_number

    def _by(self, mail: Mail, person: str | None) -> NoteAuthor:
        address, key = mail.address or "", self._core.reporter_key
        is_person = person in {email_ref(key, address), email_ref(key, without_tag(address))}
        return "reporter" if address and is_person else "other"


class TooLongError(Exception):
    """The new text of a message is longer than any note could hold."""


class ReceivedMail(NamedTuple):
    """A message as received by SMTP; the return path of a bounce is ``<>``."""

    content: bytes
    return_path: str
    recipients: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MailConversations:
    """Handles conversations; everything that follows from a message commits together."""

    core: IntakePorts
    sealer: Sealer
    addresses: OurAddresses
    reader: MailReader
    on_question: Callable[[], None] = lambda: None

    async def is_known(self, recipient: str, now: datetime) -> bool:
        """Return True for a recipient of ours; bounces of old messages have none any more."""
        if self.addresses.is_known(recipient) or self.addresses.returned_id(recipient, now):
            return True
        token = self.addresses.token(recipient)
        if token is None:
            return False
        async with transaction(self.core.pool) as db:
            return await store.is_token(db, token)

    async def take(self, received: ReceivedMail, now: datetime) -> Fate:
        """Process a message, or raise ``TooLongError`` or ``MailReadingError``; idempotent."""
        mail = await self.reader.read(received.content, received.return_path)
        if mail.report:
            return await self._returned(mail.report, received.recipients, now)
        if mail.is_by_machine:
            return "machine"
        if mail.address and self.addresses.city(mail.address):
            return "own"
        if mail.is_too_long:
            raise TooLongError
        message = await self._message(mail, received.recipients)
        async with self.core.unit_of_work(now) as work:
            identified = await _identified(work.db, message, now)
            if identified is None:
                return "repeat"
            turn = MailTurn(self.core, work, self.sealer)
            fate = await turn.take(identified)
        if turn.has_asked:
            self.on_question()
        return fate

    async def _returned(
        self, report: ReturnReport, recipients: Sequence[str], now: datetime
    ) -> Fate:
        """Pass a report on; whether its message was sent is for notify to say."""
        ids = (self.addresses.returned_id(recipient, now) for recipient in recipients)
        named = report.named if report.named and may_return(report.named, now) else None
        notification_id = next(filter(None, ids), named)
        if notification_id is None:
            return "machine"
        data = MailReturn(
            notification_id=notification_id, kind=report.kind, status=report.status, at=now
        )
        async with self.core.unit_of_work(now) as work:
            work.events.append(MailReturned.of(data, now=now))
        return "returned"

    async def end_one(self, now: datetime) -> bool:
        """Accept the report that has waited longest for an answer; return False without one."""
        async with self.core.unit_of_work(now) as work:
            due = await store.lock_due(work.db, now, self.core.cities, self.sealer)
            step = machine.on_due(due.state, now) if due else None
            if due is None or step is None:
                return False
            await MailTurn(self.core, work, self.sealer).apply(step, due)
        return True

    async def delete_old(self, before: datetime) -> None:
        """Delete messages and conversations from before a moment, except those that wait."""
        async with transaction(self.core.pool) as db:
            await store.delete_old(db, before)

    async def _message(self, mail: Mail, recipients: Sequence[str]) -> MailMessage:
        answered = [*recipients, *(id_.strip("<>") for id_ in mail.references)]
        tokens = filter(None, map(self.addresses.token, answered))
        media = await keep_pictures(self.core, mail)
        cities = filter(None, map(self.addresses.city, recipients))
        return MailMessage(mail, next(cities), next(tokens, None), media, mail.id)


async def _identified(db: Connection, message: MailMessage, now: datetime) -> MailMessage | None:
    """Return a new message with the id of its submission; None for a repeat.

    Two messages with one ``Message-ID`` are the same if their author sent the same.
    """
    mail = message.mail
    for id_ in dict.fromkeys([mail.id, mail.own_id]):
        known = await store.add_message(db, idempotency_key(SOURCE, id_), mail.digest, now)
        if known is None:
            return message._replace(id=id_)
        if known == mail.digest:
            return None
    return None
