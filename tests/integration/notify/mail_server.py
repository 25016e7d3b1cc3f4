"""A mail server of the test's own that keeps what it takes and can be told to misbehave."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """Takes mail on ``port`` while it is open.

    Attributes:
        answers: What to say to a recipient instead of taking the message.
        silent: Whether it takes the content and then says nothing about it.
        heard: Set once some content has arrived.
    """

    port: int = 0
    answers: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    _server: asyncio.Server | None = None
    _sessions: list[SMTP] = field(default_factory=list)

    async def open(self) -> None:
        """Take connections, on the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Take no more connections and end those that are open."""
        if self._server:
            self._server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        self._sessions.clear()

    def got(self) -> list[tuple[str, str]]:
        """Return recipient and subject of every message taken, sorted."""
        return sorted((to, str(mail["Subject"])) for to, mail in self.mails)

    def _session(self) -> SMTP:
        self.connections += 1
        session = SMTP(self, loop=asyncio.get_running_loop(), hostname="mail.test")
        self._sessions.append(session)
        return session

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        self.mails += [(to, mail) for to in envelope.rcpt_tos]
        self.heard.set()
        if self.silent:
            await asyncio.Event().wait()
        return "250 OK"


@asynccontextmanager
async def open_mail_server() -> AsyncGenerator[MailServer]:
    """Yield an open server; close it at the end."""
    server = MailServer()
    await server.open()
    try:
        yield server
    finally:
        await server.close()
