"""Value types that the core of intake and its channels share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, Self, TypeAlias

import pydantic_core
from pydantic import Field, StrictBool, StringConstraints

from services.intake.identifiers import SubmissionKey
from services.intake.rules.private_persons import HeldText, PersonalWords
from shared.catalogue import DangerAdvice, ServiceType
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
from shared.vocabulary import GeoPoint, SubmissionChannel, TextStatus

# Kind of a place that was found: a known house, one between two known ones, and so on.
MatchKind: TypeAlias = Literal["address", "interpolated", "crossing", "street", "place"]
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
    """A submission in its envelope, not validated; its body is kept if it is rejected."""

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
    """A submission with its receipt; the body is None for an accepted one.

    Attributes:
        first: False for other data under the id of an earlier submission; rejected.
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
        found: The place of its address, where it has no point of its own.
        is_lost: True for an address that no geocoder knows, without a point of its own.
        apart_m: Metres between its point and its address, when they disagree.
    """

    view: dict[str, Any]
    errors: Sequence[FieldError]
    found: "KnownPlace | None" = None
    is_lost: bool = False
    apart_m: float | None = None


class KnownPlace(NamedTuple):
    """A place of the gazetteer, with the city's district that it lies in."""

    name: str
    match: MatchKind
    point: GeoPoint
    district: str | None


class ScreenedText(NamedTuple):
    """A text with its kind, the codes of its conditions, and the advice for a danger to life."""

    service: ServiceType
    conditions: Collection[str]
    advice: tuple[DangerAdvice, ...]


# -- requests and notes


class RequestReference(NamedTuple):
    """The request that a note is about, with keyed hashes of its reporter."""

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    reporter_ref: str | None = None
    phone_ref: str | None = None

    def author(self, *refs: str) -> NoteAuthor:
        """Return the role of the person with these keyed hashes of address, number or account."""
        return "other" if {self.reporter_ref, self.phone_ref}.isdisjoint(refs) else "reporter"


class AskedRequest(NamedTuple):
    """A request that its reporter was asked about."""

    request_id: str
    case_id: str
    tracking_number: str
    service_code: str
    at: datetime  # of the case's step that asks


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
    """A call that adds a note."""

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
    """A place that a person stated after the report; unless it is sure, a geocoder must know it."""

    words: str
    is_sure: bool


class NoteWords(NamedTuple):
    """Words of a conversation to add to a request; each 4,000 characters are a note.

    Attributes:
        media: Addresses of our own pictures, for the first note.
        place: Stated location of the request; counts if the sender is the reporter.
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
        name: A caller with a key as ``<scope>:<name>``, or the channel of strangers.
        stranger: Address or the like; None for a caller with a key.
    """

    name: str
    stranger: str | None = None


@dataclass(frozen=True, slots=True)
class KeptMedia:
    """The facts of a kept picture; an erased one is gone for good."""

    media_type: str
    erased: bool


# -- public status: each tuple is a row


class TextToReview(NamedTuple):
    """A held text with the request that an operator decides about.

    Attributes:
        description: Words of the request; None for a note, which its case's history has.
    """

    tracking_number: str
    public_id: str | None
    jurisdiction: str
    service_code: str
    is_note: bool
    held_at: datetime
    description: str | None
    findings: Sequence[PersonalWords]


class NothingToReviewError(Exception):
    """The request has no text, or no more."""


class Listing(NamedTuple):
    """The part of a request that only lists show, redacted; private kinds have none."""

    description: str
    latitude: float | None
    longitude: float | None


class PublicRequest(NamedTuple):
    """The public data of a request when it is accepted.

    Attributes:
        address: Redacted; takes precedence over the point.
        latitude: Degrees, rounded to about 100 m; likewise the longitude.
        reporter_ref: Pseudonym of the reporter; not shown.
        phone_ref: Keyed hash of the number that gets texts about it; not shown.
        public_id: None for a request from before there were any.
        own_text: Description of a private kind, for operators alone.
        listing: None for a private kind.
        held: Its description, where that waits for an operator.
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
    own_text: str | None = None
    listing: Listing | None = None
    held: HeldText | None = None
    pictures: Collection[str] = ()  # ids
    has_contact: bool = False


class PublicDecision(NamedTuple):
    """The public part of triage's decision: codes of outcome, reason and answer."""

    request_id: str
    decided_at: datetime
    outcome: str
    referral_name: str | None = None
    referral_phone: str | None = None
    referral_url: str | None = None
    referral_reason: str | None = None
    answer: str | None = None


class CaseLink(NamedTuple):
    """The link from a request to its case; of several the one with the most moves wins."""

    request_id: str
    case_id: str
    joined_at: datetime
    moves: int = 0


class StatusChange(NamedTuple):
    """A change of a case's status; versions order the changes of one case."""

    case_id: str
    version: int
    status: str
    taken_at: datetime
    bureau: str
    note: str | None = None
    scheduled_for: datetime | None = None


class WorkPictures(NamedTuple):
    """Pictures of a bureau in a change of a case; those of a publisher are public at once."""

    case_id: str
    version: int
    media_ids: tuple[str, ...]
    publisher: str | None = None


@dataclass(frozen=True, slots=True)
class PublicStatus:
    """A request with its decision and the latest status changes of its case, oldest first.

    Attributes:
        was_moved: True when an operator moved it to another case than triage decided.
        description: The reporter's words, redacted, for the holder of the tracking number; None for
            a private kind.
        text_status: Of its texts together: held while any of them is.
        media_ids: Public pictures of the reporter, oldest first.
        work_media_ids: Public pictures of the work, by the version of the change.
    """

    request: PublicRequest
    decision: PublicDecision | None
    changes: tuple[StatusChange, ...]
    was_moved: bool = False
    media_ids: tuple[str, ...] = ()
    work_media_ids: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    complete_by: datetime | None = None
    description: str | None = None
    text_status: TextStatus = "public"
