"""E-mail: messages as MIME, their signature (DKIM), and their senders over SMTP."""

import asyncio
from binascii import b2a_qp
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.header import Header
from email.message import Message
from email.policy import compat32
from email.utils import format_datetime, formataddr
from functools import cached_property
from types import MappingProxyType, ModuleType
from typing import Protocol
from urllib.parse import quote

from services.notify.ports import NotifyPorts
from services.notify.records import ClaimedDelivery, MessageData, RenderedMessage
from services.notify.settings import NotifySettings
from shared.runtime.service import ChannelParts
from shared.runtime.smtp import SendOutcome, SmtpSettings, open_mailers

_SMTP = compat32.clone(linesep="\r\n", max_line_length=998)  # a link in a header stays whole


def message_id(notification_id: str, sender: str) -> str:
    """Return the Message-ID, which is the same each time the message is built."""
    return f"<{notification_id}@{sender.rpartition('@')[2]}>"


def thread_headers(tracking_number: str, sender: str) -> Mapping[str, str]:
    """Return the headers by which mail programs thread the messages about a request.

    They refer to a message that is never sent. Its id contains the tracking number, so that a
    reply is matched to the request whatever its subject.
    """
    root = f"<{quote(tracking_number, safe='')}@{sender.rpartition('@')[2]}>"
    return {"In-Reply-To": root, "References": root}


def build_message(  # noqa: PLR0913 - parts of a message
    rendered: RenderedMessage,
    *,
    notification_id: str,
    sender: str,
    mailbox: str,
    now: datetime,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> bytes:
    """Return the message as bytes: headers, the text part and the HTML part.

    The standard library's newer ``EmailMessage`` parses each header again, which costs six times as
    much as ``Message`` and decodes an encoded word in a subject. More headers are in ASCII.
    """
    message = Message(_SMTP)
    message["From"] = formataddr((rendered.city, sender))
    message["To"] = mailbox
    message["Subject"] = Header(rendered.subject, "utf-8", header_name="Subject").encode()
    message["Date"] = format_datetime(now)
    message["Message-ID"] = message_id(notification_id, sender)
    for name, value in headers.items():
        message[name] = value
    message["Content-Language"] = rendered.language
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: keeps autoresponders silent
    message["MIME-Version"] = "1.0"
    boundary = f"=_{notification_id}"  # "=_" never occurs in quoted-printable text
    message["Content-Type"] = f'multipart/alternative; boundary="{boundary}"'
    message.attach(_part("plain", rendered.text))
    message.attach(_part("html", rendered.html))
    return message.as_bytes()


def _part(subtype: str, text: str) -> Message:
    part = Message(_SMTP)
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    part.set_payload(b2a_qp(text.encode(), istext=True).decode("ascii"))
    return part


class _Mailer(Protocol):  # shared.runtime.smtp.SmtpMailer
    async def connect(self) -> str | None: ...

    async def send(
        self, mailbox: str, message: bytes, *, returns_to: str | None = None
    ) -> SendOutcome: ...


@dataclass(frozen=True, slots=True)
class MailIdentity:
    """Sender identity of the router's e-mail; ``sign`` adds the DKIM signature."""

    sender: str  # of cities without an inbox
    # By jurisdiction, the address that sends and takes replies; bounces go to its domain.
    inboxes: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes], bytes] = lambda message: message

    def sender_of(self, jurisdiction: str) -> str:
        """Return the address in `From`: that which takes replies and sends questions, if any."""
        return self.inboxes.get(jurisdiction, self.sender)

    def bounce_address(self, jurisdiction: str, notification_id: str) -> str | None:
        """Return the envelope sender that identifies a bounced message (VERP), if any."""
        inbox = self.inboxes.get(jurisdiction)
        return f"bounce+{notification_id}@{inbox.rpartition('@')[2]}" if inbox else None


@dataclass(frozen=True, slots=True)
class EmailSender:
    """Sends e-mail over one connection."""

    mailer: _Mailer
    render: Callable[[MessageData], RenderedMessage]
    identity: MailIdentity

    async def connect(self) -> str | None:
        """Connect unless connected; return the reason of a failure, or None."""
        return await self.mailer.connect()

    async def send(self, claimed: ClaimedDelivery, address: str, now: datetime) -> SendOutcome:
        """Send one message; ``provider_id`` of the outcome is its Message-ID."""
        id_, request = claimed.stored.notification_id, claimed.data.request
        identity = self.identity
        sender = identity.sender_of(request.jurisdiction)
        headers = dict(thread_headers(request.tracking_number, sender))
        if inbox := identity.inboxes.get(request.jurisdiction):
            headers["Reply-To"] = inbox
        rendered = self.render(claimed.data)
        headers["List-Unsubscribe"] = f"<{rendered.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message = build_message(
            rendered,
            notification_id=id_,
            sender=sender,
            mailbox=address,
            now=now,
            headers=headers,
        )
        outcome = await self.mailer.send(
            address,
            identity.sign(message),
            returns_to=identity.bounce_address(request.jurisdiction, id_),
        )
        return replace(outcome, provider_id=message_id(id_, sender))


_SIGNED = (
    b"from",
    b"to",
    b"subject",
    b"date",
    b"message-id",
    b"reply-to",
    b"in-reply-to",
    b"references",
    b"mime-version",
    b"content-type",
    b"content-language",
    b"auto-submitted",
    b"list-unsubscribe",  # RFC 8058 wants both of them signed
    b"list-unsubscribe-post",
)


@dataclass(frozen=True)
class DkimSigner:
    """Signs messages with an RSA key in PEM; 2,048 bits take some 8 ms of Python."""

    domain: str  # signing domain; DMARC requires the domain of `From`
    selector: str  # name of the key in the domain's DNS
    key: bytes = field(repr=False)

    def signed(self, message: bytes) -> bytes:
        """Return a message with a signature before its headers; ``ValueError`` for a wrong key."""
        try:
            signature: bytes = self._dkim.sign(
                message,
                self.selector.encode(),
                self.domain.encode(),
                self.key,
                include_headers=list(_SIGNED),
            )
        except self._dkim.DKIMException as error:
            raise ValueError("is no RSA key in PEM") from error
        return signature + message

    @cached_property
    def _dkim(self) -> ModuleType:
        import dkim  # noqa: PLC0415 - where no key is set, no service starts slower for it

        return dkim


@asynccontextmanager
async def open_email(core: NotifyPorts) -> AsyncGenerator[ChannelParts]:
    """Open the channel; ``ValueError`` if the DKIM key cannot sign."""
    settings, second = core.settings, core.second
    servers: list[SmtpSettings] = [settings, *([second] if second.smtp_host else [])]
    sign = await asyncio.to_thread(_signature, settings)
    identity = MailIdentity(settings.sender, core.inboxes, sign)
    async with AsyncExitStack() as stack:
        providers = []
        for server in servers:
            opening = open_mailers(server, settings.sender, settings.smtp_connections)
            mailers = await stack.enter_async_context(opening)
            providers.append(
                [EmailSender(mailer, core.renderer.render, identity) for mailer in mailers]
            )
        within_s = max(server.smtp_within_s for server in servers)
        yield ChannelParts(tasks=[core.deliver("email", providers, within_s)])


def _signature(settings: NotifySettings) -> Callable[[bytes], bytes]:
    """Return the function that signs, after one trial: a key that cannot sign stops the start."""
    if settings.dkim_key_file is None:
        return lambda message: message
    signer = DkimSigner(
        settings.dkim_domain or settings.sender.rpartition("@")[2],
        settings.dkim_selector,
        settings.dkim_key_file.read_bytes(),
    )
    try:
        signer.signed(b"From: \r\n\r\n")
    except ValueError as error:
        raise ValueError(f"NOTIFY_DKIM_KEY_FILE {error}") from error
    return signer.signed
