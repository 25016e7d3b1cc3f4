"""SMTP server for tests: keeps the messages it accepts, and misbehaves on request."""

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """Accepts mail on ``port`` while it is open.

    Attributes:
        replies: Reply by recipient, instead of accepting the message.
        silent: True to accept the content without a reply.
        silent_from: Number of the message from which on it does so.
        fell_silent: Set once it has accepted such a message.
        content_arrived: Set once a message has arrived.
        starttls: Offers STARTTLS with this context.
        tls: Speaks TLS with this context from the first byte.
        login: User name and password that it requires.
        logins: User names and passwords that were tried, and whether encrypted.
    """

    port: int = 0
    replies: dict[str, str] = field(default_factory=dict)
    silent: bool = False
    silent_from: int | None = None
    fell_silent: asyncio.Event = field(default_factory=asyncio.Event)
    content_arrived: asyncio.Event = field(default_factory=asyncio.Event)
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    connections: int = 0
    starttls: ssl.SSLContext | None = None
    tls: ssl.SSLContext | None = None
    login: tuple[bytes, bytes] | None = None
    logins: list[tuple[bytes, bytes, bool]] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _sessions: list[SMTP] = field(default_factory=list)

    async def open(self) -> None:
        """Listen, on the same port as before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, "127.0.0.1", self.port, ssl=self.tls)
        self.port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and abort open connections."""
        if self._server:
            self._server.close()
        for session in self._sessions:
            if isinstance(session.transport, asyncio.WriteTransport):
                session.transport.abort()
        self._sessions.clear()

    def notification_ids(self) -> list[str]:
        """Return the id of every message taken, in order of arrival."""
        return [str(mail["Message-ID"])[1:].partition("@")[0] for _, mail in self.mails]

    def sorted_subjects(self) -> list[tuple[str, str]]:
        """Return recipient and subject of every message taken, sorted."""
        return sorted((to, str(mail["Subject"])) for to, mail in self.mails)

    def _session(self) -> SMTP:
        self.connections += 1
        session = SMTP(
            self,
            loop=asyncio.get_running_loop(),
            hostname="mail.test",
            tls_context=self.starttls,
            authenticator=self._authenticate if self.login else None,
            auth_required=self.login is not None,
        )
        self._sessions.append(session)
        return session

    def _authenticate(
        self, _server: SMTP, session: Session, _envelope: Envelope, _mechanism: str, data: Any
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password, session.ssl is not None))
        return AuthResult(success=(data.login, data.password) == self.login)

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
        if self.silent_from is not None and len(self.mails) >= self.silent_from:
            self.fell_silent.set()
            await asyncio.Event().wait()
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
