"""Sender of e-mail: renders a delivery as MIME and hands it to the mail server."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from services.notify.delivery.mime import build_message, message_id
from services.notify.delivery.updates import ClaimedDelivery
from services.notify.rendering import MessageRenderer
from shared.runtime.smtp import SendOutcome


class Mailer(Protocol):
    """One connection to the mail server."""

    async def connect(self) -> str | None:
        """Connect unless connected; return the reason of a failure, or None."""
        ...

    async def send(self, mailbox: str, message: bytes) -> SendOutcome:
        """Send one message and return the outcome; no failure raises."""
        ...


@dataclass(frozen=True, slots=True)
class EmailSender:
    """Sends e-mail over one connection.

    Attributes:
        mailer: The connection.
        renderer: Renders the messages.
        sender: Sender address.
    """

    mailer: Mailer
    renderer: MessageRenderer
    sender: str

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
        message = build_message(
            self.renderer.render(claimed.data),
            notification_id=claimed.stored.notification_id,
            sender=self.sender,
            mailbox=address,
            now=now,
        )
        outcome = await self.mailer.send(address, message)
        name = message_id(claimed.stored.notification_id, self.sender)
        return replace(outcome, provider_id=name)
