"""What notify says it did; no address and no text."""

from typing import ClassVar, Literal

from shared.contract.events.base import Data, Event
from shared.vocabulary import StatusChannel


class Notification(Data):
    """One message to one follower, without what it said or where it went."""

    notification_id: str
    contact_hash: str
    request_id: str
    case_id: str | None = None
    case_version: int | None = None
    template: str
    language: str
    channel: StatusChannel
    provider_id: str | None = None
    reason: str | None = None


class NotificationSent(Event):
    """The provider took the message."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.notification.sent.v1"] = "route311.notification.sent.v1"
    source: str = "/notify"
    data: Notification


class NotificationFailed(Event):
    """The provider refused the message for good."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.notification.failed.v1"] = "route311.notification.failed.v1"
    source: str = "/notify"
    data: Notification


class NotificationSuppressed(Event):
    """The message was due but is not to be sent, for the reason given."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.notification.suppressed.v1"] = "route311.notification.suppressed.v1"
    source: str = "/notify"
    data: Notification


class NotificationUnknown(Event):
    """A crash hides whether the message went out; it is not sent again."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.notification.unknown.v1"] = "route311.notification.unknown.v1"
    source: str = "/notify"
    data: Notification
