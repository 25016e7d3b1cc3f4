"""Delivery reports of notify, without address and text, and disclosures of contacts."""

from typing import ClassVar, Literal

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event
from shared.vocabulary import StatusChannel


class Notification(Data):
    """One message to one follower, without its address and text."""

    notification_id: str
    """Id of the message, a UUIDv7; also in its Message-ID."""
    contact_hash: str
    """Keyed hash of the recipient, 32 hex digits; equal for one mailbox or number."""
    request_id: str
    """Id of the recipient's request, a UUIDv7."""
    case_id: str | None = None
    """Id of the case; null for a message about a request without a case."""
    case_version: int | None = None
    """Version of the case that the message is about; null without a case."""
    template: str
    """Name of the message template, such as ``received`` or ``completed``."""
    language: str
    """Language of the message, a BCP 47 tag."""
    channel: StatusChannel
    """Channel of the message."""
    provider_id: str | None = None
    """Id of the message at the mail server or SMS provider; null unless it was sent."""
    reason: str | None = None
    """Why the message was not sent or is unknown; null when it was sent."""


class _DeliveryEvent(Event):
    subject_field: ClassVar[str] = "request_id"
    source: str = "/notify"


class NotificationSent(_DeliveryEvent):
    """The provider accepted the message."""

    type: Literal["route311.notification.sent.v1"] = "route311.notification.sent.v1"
    data: Notification


class NotificationFailed(_DeliveryEvent):
    """The provider rejected the message, or retries were exhausted."""

    type: Literal["route311.notification.failed.v1"] = "route311.notification.failed.v1"
    data: Notification


class NotificationSuppressed(_DeliveryEvent):
    """The message was due and is not sent; ``contact_flooded``: it is held for an operator."""

    type: Literal["route311.notification.suppressed.v1"] = "route311.notification.suppressed.v1"
    data: Notification


class NotificationUnknown(_DeliveryEvent):
    """A crash left the result of sending unknown; the message is not sent again."""

    type: Literal["route311.notification.unknown.v1"] = "route311.notification.unknown.v1"
    data: Notification


class ContactDisclosure(Data):
    """A bureau read the contacts of the reporters of a case that it leads."""

    work_order_id: str
    """Id of the work order by which it leads the case, a UUIDv7."""
    case_id: str
    """Id of the case, a UUIDv7."""
    bureau: str
    """Code of the bureau."""
    purpose: str
    """Purpose in the words of the bureau, without contact data."""
    at: AwareDatetime
    """Moment of the disclosure, UTC."""


class ContactDisclosed(Event):
    """A bureau read the contacts of reporters; the contacts are not in the event."""

    subject_field: ClassVar[str] = "case_id"

    type: Literal["route311.contact.disclosed.v1"] = "route311.contact.disclosed.v1"
    source: str = "/notify"
    data: ContactDisclosure


class MailReturn(Data):
    """Report of another mail server about one message of ours; holds no contact data."""

    notification_id: str = Field(examples=["0197a1b2-c3d4-7000-8000-000000000005"])
    """Id of the message, a UUIDv7, as the report names it; the report may be forged."""
    kind: Literal["bounced", "bounced_for_now", "complained"]
    """``bounced``: permanent failure of the address. ``bounced_for_now``: temporary failure, such
    as a full mailbox. ``complained``: the recipient reported spam.
    """
    status: str | None = Field(default=None, examples=["5.1.1"])
    """Enhanced status code of a bounce (RFC 3463); null without one."""
    at: AwareDatetime
    """Moment at which the report arrived, UTC."""


class MailReturned(Event):
    """Intake's mail listener received a bounce (RFC 3464) or a complaint (RFC 5965)."""

    subject_field: ClassVar[str] = "notification_id"

    type: Literal["route311.mail.returned.v1"] = "route311.mail.returned.v1"
    source: str = "/intake"
    data: MailReturn
