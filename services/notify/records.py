"""Values that the core of notify and its channels exchange."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias
from uuid import UUID

from pydantic import AwareDatetime

from services.notify.rules import alerts, model
from shared.contract.events import Data
from shared.vocabulary import StatusChannel

# Reason of a failure: the recipient opted out of messages at the provider.
OPTED_OUT = "opted_out"
# `important` leaves out the steps on the way; `none` is no e-mail about reports at all.
UpdatesChoice: TypeAlias = Literal["all", "important", "none"]
# States of messages that operators look at.
MessageState: TypeAlias = Literal["held", "unknown", "failed", "suppressed"]
NEWEST = UUID(int=2**128 - 1)  # is above the id of each message
# All states of messages, as the database has them.
AnyMessageState: TypeAlias = MessageState | Literal["pending", "sending", "sent", "merged"]
NewProblem: TypeAlias = alerts.NewProblem
HeldDecision: TypeAlias = Literal["release", "drop"]


@dataclass(frozen=True, slots=True)
class MessageData:
    """Input of rendering: all data that one message can contain."""

    notification_id: str
    template: model.TemplateName
    language: str
    name: str | None  # the reporter's name, unchecked
    request: model.RequestFacts
    case: model.CaseFacts
    # Tracking numbers in the person's messages of that day, for a digest.
    followed: tuple[str, ...] = ()
    help_language: str | None = None  # language of the line about help; None for no such line


@dataclass(frozen=True, slots=True)
class RenderedMessage:
    """A message that is ready to send; ``city`` is the sender's name."""

    city: str
    language: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that this worker claimed, with the data of its message."""

    stored: model.StoredDelivery
    deferrals: int  # number of times that the server deferred it
    # E-mail address or telephone number; None when the contact was erased or changed.
    address: str | None
    suppressed: model.SuppressionReason | None
    data: MessageData
    is_readable: bool = True  # False when the sealed contact cannot be opened


class LinkedMessage(NamedTuple):
    """The message that a resident's link belongs to."""

    notification_id: str
    person: str  # keyed hash of the recipient
    jurisdiction: str
    tracking_number: str
    service_code: str
    language: str  # BCP 47 tag of messages to the recipient
    due_at: datetime
    updates: UpdatesChoice = "all"


class AlertArea(NamedTuple):
    """Kind and part of town of an alert; an empty code is all kinds, or the whole city."""

    jurisdiction: str
    service_code: str
    district: str


@dataclass(frozen=True, slots=True)
class Alert:
    """E-mails about new problems to one address."""

    alert_id: str
    area: AlertArea
    language: str  # BCP 47 tag
    told_until: datetime | None  # what is reported later is new; None until the person confirms


class DisclosedContact(Data):
    """Contact of a reporter of a case, as the lead bureau may read it."""

    request_id: str
    """Id of the reporter's request, a UUIDv7."""
    tracking_number: str
    """Tracking number of the reporter's request."""
    name: str | None
    """The reporter's name; null where it is unknown."""
    email: str | None
    """E-mail address; null for none."""
    phone: str | None
    """Phone number, E.164; null for none."""
    language: str | None
    """Language to speak or write in, a BCP 47 tag; null where it is unknown."""


class ListedMessage(Data):
    """A message in a list, without its text and without any contact data."""

    notification_id: str
    """Id of the message, as on ``notify-deliveries``."""
    tracking_number: str | None
    """Tracking number of its request; null before the decision."""
    template: model.TemplateName
    """What it says."""
    channel: StatusChannel
    """Channel by which it goes out."""
    language: str
    """Its language, a BCP 47 tag."""
    state: AnyMessageState
    """What became of it; ``merged`` where another message had its text."""
    reason: str | None
    """Why, as on ``notify-deliveries``."""
    due_at: AwareDatetime
    """Moment at which it was due, UTC."""


class HeldContact(Data):
    """A contact that too many requests name, with its held messages."""

    contact: str
    """Keyed hash that stands for the contact."""
    requests: int
    """Its requests with held messages."""
    messages: int
    """Its held messages."""
    oldest: AwareDatetime
    """Moment at which the first of them was due, UTC."""
    newest: AwareDatetime
    """Moment at which the last of them was due, UTC."""
