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
    "completed",
    "declined",
    "referred",
    "answered",
    "reopened",
    "transferred",
    "overdue",
    "outside_city",
    "digest",
]
ASKS_IF_FIXED: frozenset[TemplateName] = frozenset({"completed"})
"""Messages that ask whether the problem is fixed."""
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
"""Why a message is not sent; after ``contact_flooded`` an operator may still let it be sent."""
TriggerKey: TypeAlias = tuple[str, int]
"""Subject id and version: unique per trigger."""

WITHOUT_CASE = 0
"""Version of a trigger that is about one request alone; versions of cases start at 1."""


class CausingEvent(NamedTuple):
    """The event that caused a trigger."""

    event_id: str
    traceparent: str | None = None


class CaseFacts(NamedTuple):
    """Public details of a case event.

    Attributes:
        request_count: Number of requests in the case when a request joined it.
        municipality: Neighbour whose land has the place that the reporter stated later.
    """

    bureau: str | None = None
    note: str | None = None
    reason: str | None = None
    scheduled_for: datetime | None = None
    request_count: int | None = None
    first_reported_at: datetime | None = None
    has_picture: bool = False
    municipality: str | None = None


NO_FACTS = CaseFacts()


@dataclass(frozen=True, slots=True)
class Trigger:
    """A change that triggers messages: a new version of a case, or news of one request alone.

    Attributes:
        subject_id: The case, or the request that the news is about alone.
        version: Version of the case after the change, or ``WITHOUT_CASE``.
        only_for: The one request whose reporter is notified; None for all followers.
    """

    subject_id: str
    version: int
    template: TemplateName
    priority: str
    cause: CausingEvent
    facts: CaseFacts = NO_FACTS
    only_for: str | None = None

    @property
    def key(self) -> TriggerKey:
        """The trigger's identity."""
        return self.subject_id, self.version


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, by keyed hash, with the channels for messages to them.

    Attributes:
        wants: Channels that the person asked for.
        has: Channels with a usable address or number.
        languages: BCP 47 tags, the preferred one first.
        contacts: By channel, the keyed hash of the mailbox or number.
    """

    person: str
    wants: frozenset[StatusChannel]
    has: frozenset[StatusChannel]
    languages: tuple[str, ...] = ()
    contacts: Mapping[StatusChannel, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Follower:
    """A reporter with all data needed to send a message about a subject.

    Attributes:
        since: Version that attached the request to the case.
        until: Version that split the request off; None while it is attached.
    """

    request_id: str
    subject_id: str
    since: int
    recipient: Recipient
    jurisdiction: str
    until: int | None = None
    is_flooded: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one person, by keyed hash, over one channel.

    Attributes:
        request_id: The person's request that the message is about.
        day: Day of the city on which it is to be sent.
        not_before: End of the quiet hours that it waits for, if any.
        contact: Keyed hash of the mailbox or number that it goes to; None where it is unknown.
    """

    person: str
    request_id: str
    language: str
    channel: StatusChannel
    trigger: Trigger
    day: date
    not_before: datetime | None = None
    suppressed: SuppressionReason | None = None
    contact: str | None = None


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery with its permanent id."""

    notification_id: str
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class ReporterContact:
    """Contact data of the reporter of one request.

    Attributes:
        mailbox: Normalized e-mail address; None without a usable one.
        phone_ref: Keyed hash of the number, by which a consent names it.
        named_at: When intake received it.
        flood_key: Keyed hash of the mailbox without its tag, or of a flooded number.
    """

    request_id: str
    recipient: Recipient
    mailbox: str | None
    phone: str | None
    phone_ref: str | None
    name: str | None
    named_at: datetime
    flood_key: str
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
    """Triage's decision about a request whose reporter is known, as far as messages need it.

    Attributes:
        service_code: Service type after triage.
        language: BCP 47 tag of the request's text.
        emergency: True when the report describes a danger to life.
        agency: Outside agency that must act instead of the city or as well.
        answer_code: Answer in the catalogue, when the request is a question that needs no work.
    """

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    language: str | None
    address: str | None
    emergency: bool
    agency: ReferralAgency | None
    answer_code: str | None = None
