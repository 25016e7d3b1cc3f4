"""Values of notify's rules: triggers, recipients, deliveries, and the data of messages."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple, TypeAlias

from shared.vocabulary import StatusChannel

TemplateName: TypeAlias = Literal[
    "received",
    "attached",
    "already_closed",
    "acknowledged",
    "scheduled",
    "in_progress",
    "waiting_for_resident",
    "question",
    "completed",
    "declined",
    "referred",
    "answered",
    "reopened",
    "transferred",
    "overdue",
    "answer_received",
    "outside_city",
    "digest",
]
# Messages that ask whether the problem is fixed.
ASKS_IF_FIXED: frozenset[TemplateName] = frozenset({"completed"})
# Why a message is not sent; after `contact_flooded` an operator may still let it be sent.
SuppressionReason: TypeAlias = Literal[
    "not_wanted",
    "no_channel",
    "opted_out",
    "unsubscribed",
    "bounced",
    "complained",
    "contact_flooded",
    "daily_limit",
    "erased",
]
# Subject id and version: unique per trigger.
TriggerKey: TypeAlias = tuple[str, int]

# Version of a trigger that is about one request alone; versions of cases start at 1.
WITHOUT_CASE = 0


class CausingEvent(NamedTuple):
    """The event that caused a trigger."""

    event_id: str
    traceparent: str | None = None


class CaseFacts(NamedTuple):
    """Public details of a case event."""

    bureau: str | None = None
    note: str | None = None
    reason: str | None = None
    scheduled_for: datetime | None = None
    request_count: int | None = None  # number of requests in the case when a request joined it
    first_reported_at: datetime | None = None
    has_picture: bool = False
    # Neighbour whose land has the place that the reporter stated later.
    municipality: str | None = None


NO_FACTS = CaseFacts()


@dataclass(frozen=True, slots=True)
class Trigger:
    """A change that triggers messages: a new version of a case, or news of one request alone."""

    subject_id: str  # the case, or the request that the news is about alone
    version: int  # version of the case after the change, or `WITHOUT_CASE`
    template: TemplateName
    priority: str
    cause: CausingEvent
    facts: CaseFacts = NO_FACTS
    # The one request whose reporter is notified; None for all followers.
    only_for: str | None = None

    @property
    def key(self) -> TriggerKey:
        """The trigger's identity."""
        return self.subject_id, self.version


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, by keyed hash, with the channels for messages to them."""

    person: str
    wants: frozenset[StatusChannel]  # channels that the person asked for
    has: frozenset[StatusChannel]  # channels with a usable address or number
    languages: tuple[str, ...] = ()  # BCP 47 tags, the preferred one first
    # Channels by which the person got the tracking number already.
    informed: frozenset[StatusChannel] = frozenset()
    # By channel, the keyed hash of the mailbox or number.
    contacts: Mapping[StatusChannel, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Follower:
    """A reporter with all data needed to send a message about a subject."""

    request_id: str
    subject_id: str
    since: int  # version that attached the request to the case
    recipient: Recipient
    jurisdiction: str
    until: int | None = None  # version that split the request off; None while it is attached
    is_flooded: bool = False
    is_late: bool = False  # gave an address after the report


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one person, by keyed hash, over one channel."""

    person: str
    request_id: str  # the person's request that the message is about
    language: str
    channel: StatusChannel
    trigger: Trigger
    day: date  # day of the city on which it is to be sent
    not_before: datetime | None = None  # end of the quiet hours that it waits for, if any
    suppressed: SuppressionReason | None = None
    # Keyed hash of the mailbox or number that it goes to; None where it is unknown.
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery with its permanent id."""

    notification_id: str
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class ReporterContact:
    """Contact data of the reporter of one request."""

    request_id: str
    recipient: Recipient
    mailbox: str | None  # normalized e-mail address; None without a usable one
    phone: str | None
    phone_ref: str | None  # keyed hash of the number, by which a consent names it
    name: str | None
    received_at: datetime  # by intake
    flood_key: str  # keyed hash of the mailbox without its tag, or of a flooded number
    is_flooded: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """Keyed hashes of the mailbox and of the number for text messages."""
        texted = self.phone_ref if "sms" in self.recipient.wants else None
        return (self.flood_key, texted) if texted else (self.flood_key,)


class ReferralAgency(NamedTuple):
    """An agency outside the city that must act; the catalogue has the text of the reason."""

    name: str
    phone: str | None
    url: str | None
    reason_code: str | None = None


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """Triage's decision about a request whose reporter is known, as far as messages need it."""

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str  # service type after triage
    language: str | None  # BCP 47 tag of the request's text
    address: str | None
    emergency: bool  # True when the report describes a danger to life
    agency: ReferralAgency | None  # outside agency that must act instead of the city or as well
    words: str | None = None  # beginning of the reporter's own words
    submitted_at: datetime | None = None
    # Answer in the catalogue, when the request is a question that needs no work.
    answer_code: str | None = None
