"""E-mail in: opens the listener and the deadlines of conversations, and sends questions to people.

A question is committed as ``sending`` before the mail server sees it. A crash in between leaves one
that may or may not have gone out; it is reported as unknown and not sent again.
"""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, formataddr

import structlog

from services.intake.channels.conversations.waiting import (
    ConversationDeadlines,
    conversation_sealer,
)
from services.intake.channels.mail.conversations import MailConversations
from services.intake.channels.mail.reading import MailReader
from services.intake.channels.mail.rules.addresses import OurAddresses
from services.intake.channels.mail.rules.machine import SUBJECT, question_texts
from services.intake.channels.mail.session import MailHandler, MailLimits, MailSession
from services.intake.channels.mail.store import COLUMNS, StoredConversation, stored_conversation
from services.intake.ports import IntakePorts
from shared.catalogue import Jurisdiction
from shared.email_address import normalize_email
from shared.runtime.clock import utc_now
from shared.runtime.ops.shutdown import WokenWork
from shared.runtime.postgres import Pool, transaction
from shared.runtime.sealing import Sealer
from shared.runtime.service import ChannelParts, ServiceTask
from shared.runtime.smtp import SendOutcome, SmtpSettings, open_mailers
from shared.spoken_languages import SpokenLanguage, language_of

log = structlog.get_logger()

_CLAIM = f"""
    UPDATE mail_conversations SET sending = 'sending', send_at = $1
     WHERE token = (
           SELECT token FROM mail_conversations
            WHERE sending = 'pending' AND send_at <= $1 AND jurisdiction = ANY($2::text[])
            ORDER BY send_at LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING {COLUMNS}
"""  # noqa: S608 - constants only
_SETTLE = """
    UPDATE mail_conversations
       SET sending = $2, send_at = $3,
           sealed_address = CASE WHEN due_at IS NULL AND $2 <> 'pending'
                                 THEN NULL ELSE sealed_address END
     WHERE token = $1 AND sending = 'sending'
"""
_ABANDONED = """
    UPDATE mail_conversations
       SET sending = 'unknown',
           sealed_address = CASE WHEN due_at IS NULL THEN NULL ELSE sealed_address END
     WHERE sending = 'sending' AND send_at < $1
    RETURNING token
"""
_RESULTS: Mapping[str, str] = {"accepted": "sent", "refused": "refused", "unknown": "unknown"}
_RETRY_AFTER = timedelta(minutes=1)
_GIVEN_UP_AFTER = timedelta(hours=24)
_IDLE_S = 5.0
_SMTP = compat32.clone(linesep="\r\n")


@dataclass(frozen=True, slots=True)
class QuestionSender:
    """Sends the questions that conversations decided on."""

    pool: Pool
    cities: Mapping[str, Jurisdiction]
    languages: Mapping[str, SpokenLanguage]
    sealer: Sealer
    addresses: OurAddresses
    smtp: SmtpSettings
    clock: Callable[[], datetime]
    _sending: WokenWork = field(default_factory=lambda: WokenWork(_IDLE_S), init=False)

    def wake(self) -> None:
        """Look for a question now."""
        self._sending.wake()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send questions until asked to stop."""
        await self._sending.run(
            stopping,
            self.send_one,
            lambda error: log.warning("questions_postponed", code=error.code),
        )

    async def send_one(self) -> bool:
        """Send the question that waits longest; return False when none could be sent."""
        now = self.clock()
        async with transaction(self.pool) as db:
            for _ in await db.fetch(
                _ABANDONED, now - timedelta(seconds=2 * self.smtp.smtp_within_s)
            ):
                log.error("question_unknown", reason="abandoned")
            row = await db.fetchrow(_CLAIM, now, sorted(self.addresses.cities))
        if row is None:
            return False
        claimed = stored_conversation(row, self.sealer)
        outcome = await self._send(claimed)
        state = _RESULTS.get(outcome.result, "pending")
        if state == "pending" and now - claimed.asked_at >= _GIVEN_UP_AFTER:
            state = "refused"
        async with transaction(self.pool) as db:
            await db.execute(_SETTLE, claimed.token, state, now + _RETRY_AFTER)
        log.info("question_settled", outcome=outcome.result, reason=outcome.reason)
        return outcome.result != "unreachable"

    async def _send(self, to: StoredConversation) -> SendOutcome:
        mailbox = normalize_email(to.address)
        if mailbox is None:
            return SendOutcome("refused", "contact_gone")
        message = self.message(to, mailbox)
        async with open_mailers(self.smtp, self.addresses.sender(to.jurisdiction), 1) as [mailer]:
            return await mailer.send(mailbox, message)

    def message(self, to: StoredConversation, mailbox: str) -> bytes:
        """Return the message of a question."""
        city = self.cities[to.jurisdiction]
        language = language_of(self.languages, to.state.language)
        answers_to = self.addresses.answer_address(to.jurisdiction, to.token)
        message = Message(_SMTP)
        message["From"] = formataddr((city.name, self.addresses.sender(to.jurisdiction)))
        message["To"] = mailbox
        message["Reply-To"] = answers_to
        subject = Header(language.say(SUBJECT), "utf-8", header_name="Subject")
        message["Subject"] = subject.encode()
        message["Date"] = format_datetime(self.clock())
        message["Message-ID"] = f"<{answers_to}>"
        if to.message_id.startswith("<"):
            message["In-Reply-To"] = message["References"] = to.message_id
        message["Content-Language"] = language.tag
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps autoresponders silent
        message["X-Auto-Response-Suppress"] = "All"
        values = {"number": to.state.number or "", "phone": city.phone_in(language.tag)}
        texts = question_texts(to.state.question, city)
        message.set_payload("\n\n".join(language.say(text, **values) for text in texts), "utf-8")
        return message.as_bytes()


@dataclass(frozen=True, slots=True)
class MailListener:
    """Listens for messages; with port 0 the system chooses one."""

    host: str
    port: int
    conversations: MailConversations
    limits: MailLimits = field(default_factory=MailLimits)

    async def run(self, stopping: asyncio.Event) -> None:
        """Listen until asked to stop; mail in transfer then goes to another instance."""
        processes = self.conversations.reader.pool
        await processes.start()
        try:
            server = await self.open()
            try:
                await stopping.wait()
            finally:
                await self.close(server)
        finally:
            await processes.close()

    async def open(self) -> asyncio.Server:
        """Begin to listen."""
        handler = MailHandler(self.conversations, self.limits)
        return await asyncio.get_running_loop().create_server(
            lambda: MailSession(handler), self.host, self.port
        )

    async def close(self, server: asyncio.Server) -> None:
        """Close the port and its connections."""
        server.close()
        tasks = set(self.limits.open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def open_mail(core: IntakePorts) -> AsyncGenerator[ChannelParts]:
    """Open e-mail; without a port for it, reports that wait still get their deadlines."""
    settings = core.settings
    addresses = OurAddresses({id_: city.inbound_mail for id_, city in core.cities.items()})
    sealer = conversation_sealer(settings.conversation_secrets)
    questions = QuestionSender(
        core.pool, core.cities, core.languages, sealer, addresses, settings, utc_now
    )
    conversations = MailConversations(core, sealer, addresses, MailReader(), questions.wake)
    tasks: list[ServiceTask] = [ConversationDeadlines(conversations, utc_now).run]
    if settings.mail_port is not None:
        listener = MailListener(settings.http_host, settings.mail_port, conversations)
        tasks += [listener.run, questions.run]
    yield ChannelParts(tasks=tasks)
