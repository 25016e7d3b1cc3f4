"""What the rules speak of: what there is to tell, who may hear it, and what is sent."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from shared.vocabulary import Language, StatusChannel

Template: TypeAlias = Literal[
    "received",
    "attached",
    "already_closed",
    "scheduled",
    "in_progress",
    "waiting_for_resident",
    "completed",
    "declined",
    "referred",
    "answered",
    "reopened",
]
Suppression: TypeAlias = Literal["not_wanted", "no_channel", "channel_not_available"]
CaseVersion: TypeAlias = tuple[str, int]

WITHOUT_CASE = 0
"""The version of what is said about a request that never becomes a case."""


@dataclass(frozen=True, slots=True)
class Cause:
    """The event that a message follows from."""

    event_id: str
    traceparent: str | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    """Something to tell: one change of a case, or what becomes of a request without one.

    Attributes:
        about: The case, or the request where there is no case.
        version: The case's, after the change.
        only_for: The one request whose reporter hears of it; None is every follower.
        priority: ``P1`` is told first.
    """

    about: str
    version: int
    template: Template
    priority: str
    cause: Cause
    only_for: str | None = None

    @property
    def case_version(self) -> CaseVersion:
        """What no two occasions share."""
        return self.about, self.version


@dataclass(frozen=True, slots=True)
class Contact:
    """How somebody can be reached, and wants to be.

    Attributes:
        person: Keyed hash, the same for the same person.
        wants: Channels that were asked for.
        has: Channels for which there is an address or a number that can be used.
        languages: BCP 47 tags, the preferred one first.
    """

    person: str
    wants: frozenset[StatusChannel]
    has: frozenset[StatusChannel]
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Follower:
    """The reporter of one request of a case, of whom all is known that a message needs.

    Attributes:
        about: The case, or the request where there is no case.
        since: The version that brought the request into the case.
        until: The version that took it out again; None while it belongs there.
    """

    request_id: str
    about: str
    since: int
    contact: Contact
    until: int | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one person by one channel; with ``suppressed`` the reason why it stays."""

    person: str
    request_id: str
    language: Language
    channel: StatusChannel
    trigger: Trigger
    suppressed: Suppression | None = None


@dataclass(frozen=True, slots=True)
class StoredDelivery:
    """A delivery that is on record; the id names it for ever."""

    notification_id: str
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class ContactFacts:
    """How the reporter of one request can be reached; ``mailbox`` is None where e-mail cannot."""

    request_id: str
    contact: Contact
    mailbox: str | None
    name: str | None


@dataclass(frozen=True, slots=True)
class Agency:
    """Somebody outside the city who must act.

    Attributes:
        reason: Code of why it is not, or not only, the city's work.
    """

    name: str
    phone: str | None
    url: str | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What triage decided about a request whose reporter is known.

    Attributes:
        emergency: Whether there was a danger to life.
        agency: Who outside the city must act, instead or as well.
        answer: Code of what answers the request, where it was a question that needs no work.
    """

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    language: str | None
    address: str | None
    emergency: bool
    agency: Agency | None
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """A request came into a case at one of its versions, or left it, or both."""

    about: str
    request_id: str
    since: int | None = None
    until: int | None = None


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What a bureau says of a change to the public; ``bureau`` is its code."""

    bureau: str | None = None
    note: str | None = None
    reason: str | None = None
    scheduled_for: datetime | None = None


@dataclass(frozen=True, slots=True)
class TriggerWithFacts:
    """An occasion with the facts that its message tells."""

    occasion: Trigger
    facts: CaseFacts


@dataclass(frozen=True, slots=True)
class MessageData:
    """All that the text of one message can say."""

    template: Template
    language: Language
    name: str | None
    request: RequestFacts
    case: CaseFacts
