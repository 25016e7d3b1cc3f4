"""SMTP server for tests: keeps the messages it accepts, and misbehaves on request."""

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
    """Accepts mail on ``port`` while it is open.

    Attributes:
        replies: Reply by recipient, instead of accepting the message.
        silent: True to accept the content without a reply.
        content_arrived: Set once a message has arrived.
    """

    port: int = 0
    replies: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    content_arrived: asyncio.Event = field(default_factory=asyncio.Event)
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    _server: asyncio.Server | None = None
    _sessions: list[SMTP] = field(default_factory=list)

    async def open(self) -> None:
        """Listen, on the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and abort open connections."""
        if self._server:
            self._server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        self._sessions.clear()

    def sorted_subjects(self) -> list[tuple[str, str]]:
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
        if reply := self.replies.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        mail = message_from_bytes(envelope.original_content or b"", policy=default)
        self.mails += [(to, mail) for to in envelope.rcpt_tos]
        self.content_arrived.set()
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
