"""Value types that the core of intake and its channels share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, NamedTuple, Self, TypeAlias

import pydantic_core
from pydantic import Field, StrictBool, StringConstraints

from services.intake.identifiers import SubmissionKey
from shared.catalogue import ServiceType
from shared.contract.events import (
    Data,
    Decoder,
    FieldError,
    Media,
    SubmissionAccepted,
    SubmissionReceived,
    SubmissionRejected,
    encode,
    usable_trace,
)
from shared.contract.events.notes import NoteAuthor
from shared.contract.events.submissions import MAX_DESCRIPTION, MAX_MEDIA, Short
from shared.runtime.clock import utc_now
from shared.vocabulary import GeoPoint, SubmissionChannel

ReceiptEvent: TypeAlias = SubmissionAccepted | SubmissionRejected

_DECODER: Decoder[ReceiptEvent] = Decoder((SubmissionAccepted, SubmissionRejected))
_DATA = b',"data":'  # the last field of the envelope; inside a string its quotes are escaped


@dataclass(frozen=True, slots=True)
class Receipt:
    """The receipt of a submission as JSON: encoded once, and repeated byte by byte ever after."""

    event_id: str
    value: bytes
    _event: ReceiptEvent | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, event: ReceiptEvent) -> Self:
        """Return the receipt with this event."""
        return cls(event.id, encode(event), event)

    def decode(self) -> ReceiptEvent:
        """Return the event; only a receipt from the store is decoded."""
        return self._event or _DECODER.decode(self.value)

    @property
    def data(self) -> bytes:
        """The event's ``data`` as JSON, cut from ``value``."""
        return self.value[self.value.index(_DATA) + len(_DATA) : -1]


@dataclass(frozen=True, slots=True)
class RawSubmission:
    """A submission in its envelope, not validated, with contact data.

    Attributes:
        body: The bytes that are kept if it is rejected.
    """

    envelope: SubmissionReceived
    body: bytes

    @classmethod
    def of(  # noqa: PLR0913 - the fields of an envelope
        cls,
        source: str,
        id_: str,
        data: Any,  # noqa: ANN401 - any JSON
        *,
        time: datetime | str | None = None,
        trace: str | None = None,
        body: bytes | None = None,
    ) -> Self:
        """Return data in an envelope.

        Args:
            source: Namespace of the id, such as ``/http/<adapter>``.
            time: None for now.
            trace: ``traceparent`` as received (W3C); left out where it is malformed.
            body: None to encode the data.
        """
        envelope = SubmissionReceived(
            id=id_,
            source=source,
            time=time or utc_now(),
            traceparent=usable_trace(trace),
            data=data,
        )
        return cls(envelope, pydantic_core.to_json(data) if body is None else body)


class StoredSubmission(NamedTuple):
    """A submission with its receipt.

    Attributes:
        key: Identity and payload hash.
        first: True for the first submission of its identity; a later one with other data is
            rejected.
        body: The bytes of a rejected submission; None for an accepted one.
        time_replaced: True when the time of its envelope was too far in the future.
    """

    key: SubmissionKey
    first: bool
    source: str
    submission_id: str
    received_at: datetime
    receipt: Receipt
    body: bytes | None
    time_replaced: bool


class SubmissionPreview(NamedTuple):
    """The request that a submission would become.

    Attributes:
        view: The response of ``POST /v1/submissions/preview``.
        errors: The errors that ``POST /v1/submissions`` would return.
        found: The point of its address, where a geocoder knows it.
        apart_m: Metres between its point and its address, when they disagree.
    """

    view: dict[str, Any]
    errors: Sequence[FieldError]
    found: GeoPoint | None = None
    apart_m: float | None = None


class ScreenedText(NamedTuple):
    """A text with its kind and the result of the hazard screening.

    Attributes:
        emergency: Code of the danger to life that it describes.
    """

    service: ServiceType
    emergency: str | None
    conditions: Collection[str]


# -- requests and notes


class RequestReference(NamedTuple):
    """The request that a note is about.

    Attributes:
        reporter_ref: Pseudonym of its reporter; None for an anonymous one.
        phone_ref: Keyed hash of the number that gets texts about it; None without one.
    """

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    reporter_ref: str | None = None
    phone_ref: str | None = None

    def author(self, *refs: str) -> NoteAuthor:
        """Return the role of the person with these keyed hashes of address, number or account."""
        return "other" if {self.reporter_ref, self.phone_ref}.isdisjoint(refs) else "reporter"


class FinishedRequest(NamedTuple):
    """A request whose work is done."""

    request_id: str
    case_id: str
    tracking_number: str
    service_code: str


class NoteWriter(Data):
    """The person who writes a note, as the reporter in the submission; is not kept."""

    email: Short | None = None
    """E-mail address."""
    phone: Short | None = None
    """Telephone number, E.164 or as written in the jurisdiction's country."""
    account_id: Short | None = Field(default=None, examples=["a-1972"])
    """Account with the adapter, for requests that it submitted over HTTP."""


class SubmittedNote(Data):
    """A note as an adapter writes it."""

    text: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_DESCRIPTION)
    ]
    """The person's words, 1 to 4,000 characters."""
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    """Language of ``text``, a BCP 47 tag."""
    media: tuple[Media, ...] = Field(default=(), max_length=MAX_MEDIA)
    """Pictures and other files, at most 20."""
    channel: SubmissionChannel = "web"
    """Channel by which the person wrote."""
    not_fixed: StrictBool = False
    """True when the reporter says that finished work did not solve the problem; a completed case is
    reopened. Of anybody else it is a note alone."""
    reporter: NoteWriter | None = None
    """The author; the reporter, where one of these is the same as in the submission."""


class NoteCall(NamedTuple):
    """A call that adds a note.

    Attributes:
        caller: The adapter; ``web`` for the residents' pages.
        number: Tracking number, as written.
        data: Any JSON.
        page_by: Role of the author on a page; None for an adapter.
    """

    caller: str
    id: str
    number: str
    data: Any
    page_by: NoteAuthor | None = None


class NoteError(Exception):
    """A note that is not added, with its invalid fields."""

    def __init__(self, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(type(self).__name__)
        self.errors = errors


class NoSuchRequestError(NoteError):
    """No request has the tracking number."""


class TooManyNotesError(NoteError):
    """The request got its daily maximum of notes from pages."""


class StatedPlace(NamedTuple):
    """A place that a person stated after the report.

    Attributes:
        is_sure: True where the words are recognizable as a place by themselves; else a geocoder
            must know them.
    """

    words: str
    is_sure: bool


class NoteWords(NamedTuple):
    """Words of a conversation to add to a request.

    Attributes:
        text: Of any length; each 4,000 characters are a note.
        language: BCP 47; None while unknown.
        media: Addresses of our own pictures, for the first note.
        place: Location of the request as stated in them; counts if the sender is the reporter.
    """

    text: str
    channel: SubmissionChannel
    language: str | None
    by: NoteAuthor
    media: Sequence[str] = ()
    place: StatedPlace | None = None


# -- pictures


@dataclass(frozen=True, slots=True)
class Uploader:
    """The caller that a picture counts for.

    Attributes:
        name: A caller with a key as ``<scope>:<name>``, or the channel of strangers, such as
            ``web``.
        stranger: Distinguishes strangers of one channel, such as an address; None for a caller
            with a key.
    """

    name: str
    stranger: str | None = None


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """The facts of a kept picture."""

    media_type: str
    erased: bool


# -- public status: what is stored is a tuple, which is its own row


class Listing(NamedTuple):
    """The part of a request that only lists show; requests of private kinds have none.

    Attributes:
        description: The reporter's words, redacted.
        latitude: Degrees of the problem, as submitted.
        longitude: Degrees of the problem, as submitted.
    """

    description: str
    latitude: float | None
    longitude: float | None


class PublicRequest(NamedTuple):
    """The public data of a request when it is accepted.

    Attributes:
        request_id: Internal id; not shown.
        address: Redacted; takes precedence over the point.
        latitude: Degrees, rounded to about 100 m.
        longitude: Degrees, rounded to about 100 m.
        reporter_ref: Pseudonym of the reporter; None for an anonymous one. Not shown.
        phone_ref: Keyed hash of the number that gets texts about it; None without one. Not shown.
        public_id: None for a request from before there were any.
        listing: None for a private kind, which no list shows.
    """

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    submitted_at: datetime
    address: str | None
    latitude: float | None
    longitude: float | None
    reporter_ref: str | None = None
    phone_ref: str | None = None
    public_id: str | None = None
    listing: Listing | None = None


class PublicDecision(NamedTuple):
    """The public part of triage's decision about a request.

    Attributes:
        outcome: A ``TriageOutcome``.
        referral_name: The agency outside the city that must act.
        referral_reason: Code of the reason for the referral.
        answer: Code of the answer to a question that needs no work.
    """

    request_id: str
    decided_at: datetime
    outcome: str
    referral_name: str | None = None
    referral_phone: str | None = None
    referral_url: str | None = None
    referral_reason: str | None = None
    answer: str | None = None


class CaseLink(NamedTuple):
    """The link from a request to its case.

    Attributes:
        moves: Number of moves by operators until then; the highest wins.
    """

    request_id: str
    case_id: str
    joined_at: datetime
    moves: int = 0


class StatusChange(NamedTuple):
    """A change of a case's status.

    Attributes:
        version: Orders the changes of one case.
        status: A ``CaseStatus``.
        bureau: Code of the lead bureau.
    """

    case_id: str
    version: int
    status: str
    taken_at: datetime
    bureau: str
    note: str | None = None
    scheduled_for: datetime | None = None


class WorkPictures(NamedTuple):
    """The pictures of ours that a bureau added to a change of a case.

    Attributes:
        publisher: Code of the bureau, whose own pictures are public at once; None where an
            operator decides.
    """

    case_id: str
    version: int
    media_ids: tuple[str, ...]
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """A request with its decision and the status changes of its case.

    Attributes:
        decision: None before triage has decided.
        changes: The latest changes, oldest first.
        was_moved: True when an operator moved it to another case than triage decided.
        media_ids: Pictures of the reporter that are public, oldest first.
        work_media_ids: Pictures of the work that are public, by the version of the change.
        complete_by: Target of the city to solve its case; None where unknown.
    """

    request: PublicRequest
    decision: PublicDecision | None
    changes: tuple[StatusChange, ...]
    was_moved: bool = False
    media_ids: tuple[str, ...] = ()
    work_media_ids: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    complete_by: datetime | None = None
