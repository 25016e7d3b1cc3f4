"""Conversations by e-mail: each message is one transaction of state, acceptance and notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from services.intake.channels.mail.reading import MailReader
from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.channels.mail.rules.machine import on_due
from services.intake.channels.mail.rules.message import Mail
from services.intake.channels.mail.rules.returns import ReturnReport, may_return
from services.intake.channels.mail.store import add_message, delete_old, is_token, lock_due
from services.intake.channels.mail.turn import SOURCE, Fate, MailMessage, MailTurn, keep_pictures
from services.intake.identifiers import idempotency_key
from services.intake.ports import IntakePorts
from shared.contract.events import MailReturn, MailReturned
from shared.runtime.postgres import Connection, transaction
from shared.runtime.sealing import Sealer


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
            return await is_token(db, token)

    async def take(self, received: ReceivedMail, now: datetime) -> Fate:
        """Process a message; idempotent.

        Raises:
            TooLongError: Nothing of it is kept.
            MailReadingError: It could not be read now.
        """
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
            due = await lock_due(work.db, now, self.core.cities, self.sealer)
            step = on_due(due.state, now) if due else None
            if due is None or step is None:
                return False
            await MailTurn(self.core, work, self.sealer).apply(step, due)
        return True

    async def delete_old(self, before: datetime) -> None:
        """Delete messages and conversations from before a moment, except those that wait."""
        async with transaction(self.core.pool) as db:
            await delete_old(db, before)

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
        known = await add_message(db, idempotency_key(SOURCE, id_), mail.digest, now)
        if known is None:
            return message._replace(id=id_)
        if known == mail.digest:
            return None
    return None
