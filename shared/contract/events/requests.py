"""Requests that intake publishes, and the contact data on their own topic."""

from datetime import datetime
from typing import ClassVar, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contract.events.base import Data, Event
from shared.contract.events.submissions import AttributeValue, Media
from shared.errors import UndecodableEventError
from shared.vocabulary import (
    EnteredBy,
    Lane,
    LocationPrecision,
    StatusChannel,
    SubmissionChannel,
    TextSeverity,
)


class Location(Data):
    """Location of the problem, not of the reporter."""

    latitude: float | None = None
    """Degrees north, WGS 84, -90 to 90; null without a point."""
    longitude: float | None = None
    """Degrees east, WGS 84, -180 to 180; null without a point."""
    accuracy_m: float | None = None
    """Radius in metres within which the point is right; null when not stated."""
    precision: LocationPrecision
    """How the location is known; ``default`` marks a placeholder point for "unknown".

    With ``address`` the point, if any, is that of the address in the city's gazetteer.
    """
    address: str | None = None
    """Address as written, contact data removed; null without one."""
    disagrees_m: float | None = None
    """Distance in metres from the point to the address; null up to 250 m, or when unknown."""
    details: str | None = None
    """Directions at the location, contact data removed."""
    district: str | None = None
    """Code of the city's district that contains the point; null when unknown."""
    municipality: str | None = None
    """Jurisdiction id of the land, a neighbour's code, ``unincorporated``, or null."""


class LikelyKind(Data):
    """A kind that a request is likely about, by its words."""

    service_code: str = Field(examples=["ROW-POTHOLE"])
    """Code of the kind from the catalogue."""
    name: str = Field(examples=["Pothole"])
    """Name of the kind in the request's language."""
    probability: float = Field(ge=0, le=1, examples=[0.38])
    """Calibrated probability, 0 to 1: of those with 0.8, eight of ten are right."""


class Request(Data):
    """A submission that intake accepted; holds no contact data."""

    request_id: str
    """Id of the request, a UUIDv7."""
    tracking_number: str
    """Number that the reporter keeps: year, serial and check character in groups."""
    public_id: str | None = Field(default=None, examples=["req_7k4m92hdx"])
    """Random id by which Open311 and open data name the request; null in an older event.

    Unlike the tracking number it opens no page and takes no note.
    """
    jurisdiction: str
    """Id of the city, a folder name of the catalogue."""
    channel: SubmissionChannel
    """Channel by which the person reported."""
    entered_by: EnteredBy = "resident"
    """``resident``, by telephone too; ``staff`` on their own round; ``batch`` for an import."""
    service_code: str
    """Code of the kind from the catalogue; ``OTHER`` when unknown."""
    classified: bool = False
    """True when the kind was derived from the text, false when the submission named it."""
    kinds: tuple[LikelyKind, ...] = Field(default=(), max_length=5)
    """Kinds by its words, likeliest first, from 0.01 on; empty where the words tell none."""
    unsure: bool = False
    """True when no kind was likely enough, so that ``service_code`` is that of other reports."""
    dedup_group: str
    """Group of kinds that can describe the same problem."""
    description: str
    """Reporter's words, normalized, contact data replaced by ``[removed]``."""
    language: str | None = None
    """Language of ``description``, a BCP 47 tag; null when not stated."""
    location: Location
    """Location of the problem."""
    attributes: dict[str, AttributeValue] = Field(default_factory=dict)
    """Answers to the kind's questions by question code, contact data removed."""
    media: tuple[Media, ...] = ()
    """Pictures and other files by address."""
    submitted_at: AwareDatetime
    """Moment at which the submission was made, UTC."""
    observed_at: AwareDatetime
    """Event time, UTC: when the problem was seen; not after ``submitted_at``."""
    reporter_ref: str | None = None
    """Keyed hash of the reporter, 32 hex digits; equal for one person, null if anonymous."""
    lane: Lane
    """``express`` when the report may be an urgent hazard, else ``standard``."""
    follow_case: str | None = Field(default=None, examples=["019abd6e-7c00-7a31-8f00-1d2c3b4a5968"])
    """Id of the case that this reports again; ``unreadable`` where it was no UUID, or null."""


class Judgement(Data):
    """Assessment of a request's words, reusable by readers with the same rules.

    It quotes no words. Positions are start and end of each run of words, in characters of the
    request's words as these rules normalize them.
    """

    version: str = Field(examples=["3f0c9a41d2b7"])
    """Checksum of the catalogue and code of the assessment; by any other it is void."""
    severity: TextSeverity
    """Severity of the words by themselves."""
    conditions: dict[str, tuple[tuple[int, int], ...]] = Field(default_factory=dict)
    """Conditions that count, each with the positions of its words; empty for none."""
    doubted: dict[str, tuple[tuple[int, int], ...]] = Field(default_factory=dict)
    """Conditions that the words as a whole do not support, likewise."""


class SubmittedRequest(Request):
    """A request with fields that only its first reader needs."""

    judgement: Judgement | None = None
    """Assessment of its words by intake's rules; null in an older event."""


class RequestSubmitted(Event):
    """Intake accepted a request and gave it a tracking number."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.request.submitted.v1"] = "route311.request.submitted.v1"
    source: str = "/intake"
    data: SubmittedRequest


class Contact(Data):
    """Contact data of the reporter of one request, for notify alone."""

    request_id: str
    """Id of the request, a UUIDv7."""
    name: str | None = None
    """Reporter's name, or null."""
    email: str | None = None
    """Usable e-mail address, or null."""
    phone: str | None = None
    """Telephone number, E.164, or null."""
    language: str | None = None
    """Language for messages, a BCP 47 tag, or null."""
    status_updates: tuple[StatusChannel, ...] = ()
    """Channels by which the reporter wants status updates; empty for none."""
    phone_ref: str | None = Field(default=None, examples=["9f2c41d07ab35e6688f01c2d3e4a5b6c"])
    """Keyed hash of ``phone``, by which a consent names it; 32 hex digits, or null."""
    informed: tuple[StatusChannel, ...] = ()
    """Channels by which the reporter got the tracking number already; empty for none."""


class ContactGiven(Event):
    """A reporter gave contact data; a tombstone on the topic erases them."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.contact.v1"] = "route311.contact.v1"
    source: str = "/intake"
    data: Contact


class Consent(Data):
    """Consent of a person to messages by a channel; holds no contact data."""

    contact: str = Field(examples=["9f2c41d07ab35e6688f01c2d3e4a5b6c"])
    """Keyed hash of the number or address, 32 hex digits; ``phone_ref`` of a contact."""
    channel: StatusChannel
    """Channel of the consent; other channels are unaffected."""
    opted_out: bool
    """True when the person wants no more messages, false when messages resume."""
    at: AwareDatetime
    """Moment of the person's choice, UTC."""
    source: str = Field(examples=["/sms"])
    """Origin of the choice; ``/sms`` for a text with STOP or START."""


class ConsentChanged(Event):
    """A person stopped or resumed messages by a channel.

    It outlives the erasure of the person's contacts, since it holds none.
    """

    subject_field: ClassVar[str] = "contact"

    type: Literal["route311.consent.v1"] = "route311.consent.v1"
    source: str = "/intake"
    data: Consent


class Erasure(Data):
    """Subject of an erasure."""

    request_id: str
    """Id of the request whose contact data are erased, a UUIDv7."""


class ContactErased(Event):
    """A reporter's contact data must be erased.

    It has no value on the wire: readers derive it from a tombstone on the topic of
    ``ContactGiven``.
    """

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.contact.erased.v1"] = "route311.contact.erased.v1"
    source: str = "/intake"
    data: Erasure

    @classmethod
    def of_tombstone(cls, key: bytes, at: datetime) -> Self:
        """Return the erasure for a tombstone; a repeat of the tombstone gets the same id."""
        try:
            request_id = str(UUID(key.decode("ascii")))
        except ValueError:
            raise UndecodableEventError("key: not a request id") from None
        erased = cls.of(Erasure(request_id=request_id), now=at, request=request_id)
        return erased.model_copy(update={"id": f"{request_id}@{at.isoformat()}"})
