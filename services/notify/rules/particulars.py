"""What messages are about: facts as the other services stated them."""

from dataclasses import dataclass
from datetime import datetime

from services.notify.rules.values import Contact, Language, Occasion, Template


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
class Announcement:
    """An occasion with the facts that its message tells."""

    occasion: Occasion
    facts: CaseFacts


@dataclass(frozen=True, slots=True)
class Particulars:
    """All that the text of one message can say."""

    template: Template
    language: Language
    name: str | None
    request: RequestFacts
    case: CaseFacts
