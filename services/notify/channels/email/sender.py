"""Sender of e-mail: renders a delivery as MIME and hands it to the mail server."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from services.notify.channels.email.mime import build_message, message_id, thread_headers
from services.notify.delivery.updates import ClaimedDelivery
from services.notify.rendering import MessageRenderer
from shared.runtime.smtp import SendOutcome


class Mailer(Protocol):
    """One connection to the mail server."""

    async def connect(self) -> str | None:
        """Connect unless connected; return the reason of a failure, or None."""
        ...

    async def send(
        self, mailbox: str, message: bytes, *, returns_to: str | None = None
    ) -> SendOutcome:
        """Send one message and return the outcome; no failure raises.

        Args:
            mailbox: Recipient address.
            message: The message.
            returns_to: Sender in the envelope, which bounces go to; None for the usual one.
        """
        ...


@dataclass(frozen=True, slots=True)
class MailIdentity:
    """As whom the router writes.

    Attributes:
        sender: Sender address of all messages.
        inboxes: By jurisdiction, the address that takes answers; bounces come to its domain. A
            city without one gets both at ``sender``.
        sign: Returns a message with its DKIM signature.
    """

    sender: str
    inboxes: Mapping[str, str] = field(default_factory=dict)
    sign: Callable[[bytes], bytes] = lambda message: message

    def bounce_address(self, jurisdiction: str, notification_id: str) -> str | None:
        """Return the address that a bounce of a message names it by (VERP); None for ``sender``.

        Args:
            jurisdiction: The city that the message is about.
            notification_id: Id of the message.
        """
        inbox = self.inboxes.get(jurisdiction)
        return f"bounce+{notification_id}@{inbox.rpartition('@')[2]}" if inbox else None


@dataclass(frozen=True, slots=True)
class EmailSender:
    """Sends e-mail over one connection.

    Attributes:
        mailer: The connection.
        renderer: Renders the messages.
        identity: As whom.
    """

    mailer: Mailer
    renderer: MessageRenderer
    identity: MailIdentity

    async def connect(self) -> str | None:
        """Connect unless connected; return the reason of a failure, or None."""
        return await self.mailer.connect()

    async def send(self, claimed: ClaimedDelivery, address: str, now: datetime) -> SendOutcome:
        """Send one message; the Message-ID is the id by which the server's logs find it.

        Args:
            claimed: The delivery.
            address: Recipient address.
            now: Value of the Date header.

        Raises:
            UnknownCityError: The request's jurisdiction is not in the catalogue.
        """
        id_, request = claimed.stored.notification_id, claimed.data.request
        identity = self.identity
        headers = dict(thread_headers(request.tracking_number, identity.sender))
        if inbox := identity.inboxes.get(request.jurisdiction):
            headers["Reply-To"] = inbox
        rendered = self.renderer.render(claimed.data)
        headers["List-Unsubscribe"] = f"<{rendered.unsubscribe_url}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        message = build_message(
            rendered,
            notification_id=id_,
            sender=identity.sender,
            mailbox=address,
            now=now,
            headers=headers,
        )
        outcome = await self.mailer.send(
            address,
            identity.sign(message),
            returns_to=identity.bounce_address(request.jurisdiction, id_),
        )
        return replace(outcome, provider_id=message_id(id_, identity.sender))
