"""E-mail: senders of messages over SMTP, and their signature (DKIM); opens the channel."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from types import ModuleType
from typing import Protocol

from services.notify.channels.email.alerts import AlertSender, open_list
from services.notify.channels.email.message import (
    MailIdentity,
    build_message,
    message_id,
    one_click_headers,
    thread_headers,
)
from services.notify.ports import NotifyPorts
from services.notify.records import ClaimedDelivery, MessageData, RenderedMessage
from services.notify.settings import NotifySettings
from shared.runtime.service import ChannelParts
from shared.runtime.smtp import SendOutcome, SmtpSettings, open_mailers


class _Mailer(Protocol):  # shared.runtime.smtp.SmtpMailer
    async def connect(self) -> str | None: ...

    async def send(
        self, mailbox: str, message: bytes, *, returns_to: str | None = None
    ) -> SendOutcome: ...


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
        headers |= one_click_headers(rendered)
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
        tasks = [core.deliver("email", providers, within_s)]
        if settings.intake_url:
            listed = await stack.enter_async_context(open_list(settings.intake_url))
            [mailer] = await stack.enter_async_context(open_mailers(settings, settings.sender, 1))
            sender = AlertSender(mailer, identity, core.clock)
            tasks.append(core.alert_worker(listed.problems, sender.send).run)
        yield ChannelParts(tasks=tasks)


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
