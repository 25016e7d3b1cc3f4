"""What intake tells the other services: the request, and apart from it the contact."""

from datetime import datetime
from typing import ClassVar, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event
from shared.contract.events.submissions import AttributeValue, Media
from shared.errors import UndecodableEventError
from shared.vocabulary import Lane, LocationPrecision, StatusChannel, SubmissionChannel


class Location(Data):
    """Where the problem is (WGS 84 degrees), not where the reporter stood.

    Attributes:
        precision: How far the place may be believed; ``default`` is a stand-in for "unknown".
        municipality: The jurisdiction whose land it is, a neighbour's code, ``unincorporated``,
            or null when that cannot be told.
    """

    latitude: float | None = None
    longitude: float | None = None
    accuracy_m: float | None = None
    precision: LocationPrecision
    address: str | None = None
    details: str | None = None
    district: str | None = None
    municipality: str | None = None


class Request(Data):
    """A submission that intake accepted; contact data removed.

    Attributes:
        observed_at: The event time: when the problem was seen, as far as that can be believed.
        reporter_ref: Keyed hash of the reporter, the same for the same person; null for nobody.
    """

    request_id: str
    tracking_number: str
    jurisdiction: str
    channel: SubmissionChannel
    service_code: str
    dedup_group: str
    description: str
    language: str | None = None
    location: Location
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    media: tuple[Media, ...] = ()
    submitted_at: AwareDatetime
    observed_at: AwareDatetime
    reporter_ref: str | None = None
    lane: Lane


class RequestSubmitted(Event):
    """A request passed intake's checks and has a number."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.request.submitted.v1"] = "route311.request.submitted.v1"
    source: str = "/intake"
    data: Request


class Contact(Data):
    """How one reporter wants to hear about one request."""

    request_id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    language: str | None = None
    status_updates: tuple[StatusChannel, ...] = ()


class ContactGiven(Event):
    """A reporter left contact data; on its topic a tombstone erases it."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.contact.v1"] = "route311.contact.v1"
    source: str = "/intake"
    data: Contact


class Erasure(Data):
    """Whose contact data are to be forgotten."""

    request_id: str


class ContactErased(Event):
    """A reporter's contact data are to be forgotten.

    It has no value on the wire: readers make it of a tombstone on the topic of ``ContactGiven``.
    """

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.contact.erased.v1"] = "route311.contact.erased.v1"
    source: str = "/intake"
    data: Erasure

    @classmethod
    def of_tombstone(cls, key: bytes, at: datetime) -> Self:
        """Return what the tombstone of this key says; the same one always has the same id.

        Raises:
            UndecodableEventError: The key is no request id.
        """
        try:
            request_id = str(UUID(key.decode("ascii")))
        except ValueError:
            raise UndecodableEventError("key: no request id") from None
        told = cls.of(Erasure(request_id=request_id), now=at, request=request_id)
        return told.model_copy(update={"id": f"{request_id}@{at.isoformat()}"})
