"""SMTP session that receives messages, under limits of its own."""

import asyncio
import sys
from asyncio import StreamReader
from collections import Counter, defaultdict
from collections.abc import Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import AnyStr

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session
from typing_extensions import override

from services.intake.channels.mail.conversations import (
    MailConversations,
    ReceivedMail,
    TooLongError,
)
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.rate_limits import TokenBuckets

MAX_BYTES = 26_214_400
_END = b"\r\n.\r\n"
_LINE_END = b"\r\n"


class RefusedContentError(Exception):
    """A message that is too large, or too large for now."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class MemoryBudget:
    """The bytes that all messages in transfer may hold together."""

    free: int = 3 * MAX_BYTES

    @contextmanager
    def reservation(self) -> "Generator[Reservation]":
        """Yield an empty reservation, and release it at the end."""
        reservation = Reservation(self)
        try:
            yield reservation
        finally:
            reservation.release()


@dataclass(slots=True)
class Reservation:
    """The part of a budget that one message holds."""

    budget: MemoryBudget
    held: int = 0

    def try_grow(self, size: int) -> bool:
        """Take bytes; return False when fewer are free."""
        if size > self.budget.free:
            return False
        self.budget.free -= size
        self.held += size
        return True

    def release(self) -> None:
        """Give everything back."""
        self.budget.free += self.held
        self.held = 0


async def read_content(reader: StreamReader, memory: Reservation) -> bytes:
    """Return a message without the dots and the end mark of SMTP, read behind the reply to DATA.

    It is one run of bytes, since lines as objects would take fifty times the memory. A line of any
    length is taken, and a bare LF never ends one. A refused message is read to its end, and raises
    ``RefusedContentError``.
    """
    content, refusal, searched = bytearray(_LINE_END), "", 0  # the line end of DATA itself
    while (end := content.find(_END, searched)) < 0:
        searched = max(0, len(content) - len(_END) + 1)
        chunk = await reader.read(sys.maxsize)
        if not chunk:
            raise ConnectionResetError
        if not refusal and (refusal := _refusal(len(content) + len(chunk), len(chunk), memory)):
            memory.release()
        if refusal:
            del content[:searched]
            searched = 0
        content += chunk
    if behind := bytes(content[end + len(_END) :]):
        reader.feed_data(behind)  # nothing else waits in the reader: all was read
    if refusal:
        raise RefusedContentError(refusal)
    del content[end + len(_LINE_END) :]
    if b"\r\n." in content:
        content = content.replace(b"\r\n.", _LINE_END)
    return bytes(memoryview(content)[len(_LINE_END) :])


def _refusal(size: int, more: int, memory: Reservation) -> str:
    if size > MAX_BYTES + len(_LINE_END) + len(_END):
        return "552 5.3.4 Message too large"
    if not memory.try_grow(more):
        return "452 4.3.1 Too much mail is in transfer; try again later"
    return ""


log = structlog.get_logger()

IDLE_S = 60.0
# Seconds for a whole message, from DATA to the answer.
CONTENT_S = 300.0
_SESSION_S = 900.0
_MAX_CONNECTIONS = 20
_MAX_CONNECTIONS_OF_ONE = 10
_MAX_RECIPIENTS = 100
_MAX_GREETINGS = 10
_MAX_REPLIES = 5_000
# Replies of a connection that refuse something.
_MAX_ERRORS = 50
# Characters of a command; ``aiosmtpd`` adds some to MAIL for each extension at each greeting.
_MAX_COMMAND = 512
_SENDER_BURST_S = 20.0
_LATER = "451 4.3.0 Try again later"


@dataclass(frozen=True, slots=True)
class MailLimits:
    """Limits of all connections together, and the maximum length of a session in seconds."""

    by_address: Counter[str] = field(default_factory=Counter)
    by_sender: TokenBuckets = field(
        default_factory=lambda: TokenBuckets(per_second=1, burst_s=_SENDER_BURST_S)
    )
    memory: MemoryBudget = field(default_factory=MemoryBudget)
    session_s: float = _SESSION_S
    open: set[asyncio.Task[None]] = field(default_factory=set)

    def may_connect(self, address: str) -> bool:
        """Return True when an address may open a connection."""
        return (
            len(self.open) < _MAX_CONNECTIONS and self.by_address[address] < _MAX_CONNECTIONS_OF_ONE
        )


class MailSession(SMTP):
    """An SMTP session with limits of its own, and with DATA that only CRLF ends."""

    line_length_limit = 64 * 1024  # bytes read at a time; commands have their own limit

    def __init__(self, handler: "MailHandler") -> None:
        """Serve one connection."""
        self.command_size_limits = defaultdict(lambda: _MAX_COMMAND)  # the library's are shared
        super().__init__(
            handler,
            data_size_limit=MAX_BYTES,
            enable_SMTPUTF8=True,
            hostname="route311",
            ident="ESMTP",
            timeout=IDLE_S,
            command_call_limit={"*": _MAX_REPLIES, "EHLO": _MAX_GREETINGS, "HELO": _MAX_GREETINGS},
            loop=asyncio.get_running_loop(),
        )
        self._limits = handler.limits
        self._replies = self._errors = 0

    @override
    async def _handle_client(self) -> None:
        limits, task = self._limits, asyncio.current_task()
        if task is None or self.session is None or self.transport is None:
            return
        address = str(self.session.peer[0] if self.session.peer else "")
        if not limits.may_connect(address):
            await self.push("421 4.7.0 Too many connections")
            self.transport.close()
            return
        limits.open.add(task)
        limits.by_address[address] += 1
        try:
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(limits.session_s):
                    await super()._handle_client()
        finally:
            limits.open.discard(task)
            limits.by_address[address] -= 1
            if not limits.by_address[address]:
                del limits.by_address[address]
            if self.transport:  # not every Python closes what nothing refers to any more
                self.transport.close()

    @override
    async def push(self, status: AnyStr) -> None:
        """Send a reply; the connection ends when there were too many, or too many refusals."""
        is_refusal = status[:1] in {"4", "5", b"4", b"5"}
        self._replies += 1
        self._errors += is_refusal
        if self._replies > _MAX_REPLIES or self._errors > _MAX_ERRORS:
            await super().push("421 4.7.0 Too many commands or errors")
            raise ConnectionResetError
        await super().push(status)

    @override
    async def smtp_MAIL(self, arg: str | None) -> None:
        """Begin a message; a size in other digits than ASCII's is a syntax error."""
        try:
            await super().smtp_MAIL(arg)
        except ValueError:  # of int(), for what str.isdigit() takes
            await self.push("501 5.5.4 Syntax: MAIL FROM: <address> [SP <mail-parameters>]")

    @override
    async def smtp_VRFY(self, arg: str) -> None:
        """Reply without information."""
        await self.push("252 2.0.0 Send a message to see")

    @override
    async def smtp_HELP(self, arg: str) -> None:
        """Reply without information."""
        await self.push("214 2.0.0 See RFC 5321")

    @override
    async def smtp_DATA(self, arg: str) -> None:
        """Receive a message."""
        if self.envelope is None or await self.check_helo_needed():
            return
        if not self.envelope.rcpt_tos:
            await self.push("503 5.5.1 Error: need RCPT command")
            return
        if arg:
            await self.push("501 5.5.4 Syntax: DATA")
            return
        self._reset_timeout(CONTENT_S)
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        with self._limits.memory.reservation() as memory:
            try:
                self.envelope.content = await read_content(self._reader, memory)
            except RefusedContentError as refused:
                status = refused.status
            else:
                status = await self._call_handler_hook("DATA")
            self.envelope = self._create_envelope()
        await self.push(status)


@dataclass(frozen=True)  # with slots aiosmtpd cannot list its members on Python 3.11.2
class MailHandler:
    """Answers of the listener; called by ``aiosmtpd``."""

    conversations: MailConversations
    limits: MailLimits

    async def handle_RCPT(  # noqa: N802 - the name that aiosmtpd calls
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        """Accept a recipient of ours."""
        if len(envelope.rcpt_tos) >= _MAX_RECIPIENTS:
            return "452 4.5.3 Too many recipients"
        if not await self.conversations.is_known(address, utc_now()):
            return "550 5.1.1 No such address here"
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Accept a message; the reply is 250 only after the commit."""
        return_path = envelope.mail_from or "<>"
        if return_path != "<>" and not self.limits.by_sender.try_take(return_path.lower()):
            return "451 4.7.1 Too many messages of one sender; try again later"
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        received = ReceivedMail(content, return_path, tuple(envelope.rcpt_tos))
        try:
            fate = await self.conversations.take(received, utc_now())
        except TooLongError:
            return "552 5.3.4 The text is too long; send the most important part of it"
        log.info("mail_taken", fate=fate)
        return "250 2.0.0 Taken"

    async def handle_exception(self, error: Exception) -> str:
        """Answer a failure: the sender keeps the message and tries again."""
        if isinstance(error, SystemicError | TransientError):
            log.warning("mail_postponed", code=error.code)
        else:
            log.error("mail_failed", exc_info=error)
        return _LATER
