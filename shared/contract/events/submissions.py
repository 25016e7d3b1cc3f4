"""Submissions of channel adapters, and their receipts."""

import unicodedata
from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from shared.contract.events.base import Data, Event, ForeignEvent
from shared.text_matching import limit_marks
from shared.vocabulary import EnteredBy, Lane, StatusChannel, SubmissionChannel

MAX_DESCRIPTION = 4_000
MAX_ATTRIBUTES = 100
MAX_MEDIA = 20
MAX_STATUS_UPDATES = 10
MAX_SHORT = 500
MAX_URL = 2_000
MAX_LIST_ENTRIES = 50  # texts in one attribute that is a list

# Characters of description, location and attributes together; rules read every one of them.
MAX_TOTAL_TEXT = 10_000

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Short = Annotated[str, StringConstraints(max_length=MAX_SHORT)]
AttributeList = Annotated[list[Short], Field(max_length=MAX_LIST_ENTRIES)]
SubmittedValue = Short | bool | int | float | AttributeList | None

# An answer after intake; `[removed]` may be longer than the contact data that it replaces.
AttributeValue = str | bool | int | float | list[str] | None


class SubmittedLocation(Data):
    """Location of the problem as submitted: a point, an address, or both."""

    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    """Degrees north, WGS 84, -90 to 90; needs ``longitude``."""
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    """Degrees east, WGS 84, -180 to 180; needs ``latitude``."""
    accuracy_m: float | None = Field(default=None, ge=0, le=1_000_000, allow_inf_nan=False)
    """Radius in metres within which the point is right, 0 to 1,000,000."""
    address: Short | None = None
    """Street address or intersection as written, at most 500 characters."""
    details: Short | None = None
    """Directions to find the spot at the location, at most 500 characters."""


class Media(Data):
    """A picture, sound or video by its address."""

    url: Annotated[str, StringConstraints(max_length=MAX_URL, pattern=r"^https?://")]
    """Address of the file, ``http`` or ``https``, at most 2,000 characters."""
    media_type: Short | None = None
    """MIME type of the file, such as ``image/jpeg``."""

    @field_validator("url", "media_type")
    @classmethod
    def _limit_normal_form(cls, text: str | None, info: ValidationInfo) -> str | None:
        """Reject a text that normalization would make too long for the same model."""
        limit = MAX_URL if info.field_name == "url" else MAX_SHORT
        if text and len(unicodedata.normalize("NFC", limit_marks(text))) > limit:
            raise PydanticCustomError(
                "string_too_long",
                "String should have at most {max_length} characters",
                {"max_length": limit},
            )
        return text


class Reporter(Data):
    """The person who reported; every field is optional, without any the report is anonymous."""

    name: Short | None = None
    """Full name, at most 500 characters; removed from all free text."""
    email: Short | None = None
    """E-mail address for status updates, as written."""
    phone: Short | None = None
    """Telephone number, E.164 or as written in the jurisdiction's country."""
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    """Language for messages to the reporter, a BCP 47 tag."""
    status_updates: tuple[StatusChannel, ...] = Field(default=(), max_length=MAX_STATUS_UPDATES)
    """Channels by which the reporter wants status updates; empty for none."""
    account_id: Short | None = Field(default=None, examples=["a-1972"])
    """Reporter's account with the adapter; distinguishes reporters, never shown."""


class Submission(Data):
    """One problem as a channel adapter describes it, before validation against the catalogue."""

    jurisdiction: Code
    """Id of the city, a folder name of the catalogue."""
    channel: SubmissionChannel
    """Channel by which the person reported."""
    entered_by: EnteredBy | None = Field(default=None, examples=["staff"])
    """``resident``, ``staff`` or ``batch``; null for a resident, in bulk for a batch."""
    service_code: Code | None = None
    """Code of the kind from the catalogue; without it the description is classified."""
    description: Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)] | None = None
    """Problem in the reporter's own words, at most 4,000 characters."""
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    """Language of ``description``, a BCP 47 tag."""
    location: SubmittedLocation | None = None
    """Location of the problem; required unless the kind needs none."""
    attributes: dict[Code, SubmittedValue] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    """Answers to the kind's questions by question code, at most 100.

    A list has at most 50 texts. Description, location and answers together have at most 10,000
    characters.
    """
    observed_at: AwareDatetime | None = None
    """Moment at which the problem was seen, RFC 3339 with offset."""
    media: tuple[Media, ...] = Field(default=(), max_length=MAX_MEDIA)
    """Pictures and other files, at most 20."""
    reporter: Reporter | None = None
    """Contact data; null or absent for an anonymous report."""
    follow_case: Annotated[str, StringConstraints(max_length=100)] | None = Field(
        default=None, examples=["019abd6e-7c00-7a31-8f00-1d2c3b4a5968"]
    )
    """Id of an open case of the same city that this reports again, from ``near`` of a preview.

    Any other id is no error: the report is then compared with all cases, as always.
    """

    @field_validator("attributes")
    @classmethod
    def _limit_total_text(
        cls, attributes: dict[Code, SubmittedValue], info: ValidationInfo
    ) -> dict[Code, SubmittedValue]:
        location = info.data.get("location") or SubmittedLocation()
        texts = (info.data.get("description"), location.address, location.details)
        total = sum(map(_text_length, (*texts, *attributes.values())))
        if total > MAX_TOTAL_TEXT:
            raise PydanticCustomError(
                "total_text_too_long",
                "All texts together have more than {max_length} characters",
                {"max_length": MAX_TOTAL_TEXT},
            )
        return attributes


def _text_length(value: SubmittedValue) -> int:
    """Return the characters of a value; an upper bound for whole numbers."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(map(len, value))
    return value.bit_length() // 3 if isinstance(value, int) else 0


class SubmissionReceived(ForeignEvent):
    """A channel adapter submits a report."""

    subject_field: ClassVar[str] = "jurisdiction"
    data_model = Submission

    type: Literal["route311.submission.v1"] = "route311.submission.v1"


class Advice(Data):
    """Advice that the adapter shows to the reporter at once."""

    code: str
    """Stable code of the advice, such as ``call_911`` or ``contact_unusable``."""
    text: str
    """Advice in the reporter's language, ready to show."""


class Acceptance(Data):
    """Receipt for a submission that became a request."""

    submission_id: str
    """The submission's CloudEvents ``id``, or its ``Idempotency-Key`` over HTTP."""
    submission_source: str
    """The submission's CloudEvents ``source``."""
    request_id: str
    """Id of the request, a UUIDv7."""
    tracking_number: str
    """Number that the reporter keeps: year, serial and check character in groups."""
    public_id: str | None = Field(default=None, examples=["req_7k4m92hdx"])
    """Random id by which Open311 and open data name the request; null in an older receipt."""
    service_code: str
    """Code of the kind: the submitted one, or the classified one."""
    lane: Lane
    """``express`` when the report may be an urgent hazard, else ``standard``."""
    status_url: str
    """Address of the public status of the request."""
    advice: tuple[Advice, ...] = ()
    """Advice to show to the reporter; with a danger to life it holds ``call_911``, and
    ``call_crisis_line`` before it for self-harm."""


class FieldError(Data):
    """One field of a submission that is wrong, and how to correct it."""

    field: str
    """Path of the field at fault with dots, such as ``location.latitude``; empty for the whole."""
    code: str
    """Stable code of the error, such as ``missing_location``."""
    message: str
    """What to do, in one English sentence; never contains the value."""


class Rejection(Data):
    """Receipt for a submission that failed validation."""

    submission_id: str
    """The submission's CloudEvents ``id``."""
    submission_source: str
    """The submission's CloudEvents ``source``."""
    errors: tuple[FieldError, ...]
    """Every field error of the submission at once, at most 100."""


class SubmissionAccepted(Event):
    """Intake accepted a submission, now a request with a tracking number."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.submission.accepted.v1"] = "route311.submission.accepted.v1"
    source: str = "/intake"
    data: Acceptance


class SubmissionRejected(Event):
    """Intake rejected a submission; a corrected one may be sent under a new id."""

    subject_field: ClassVar[str] = "submission_id"

    type: Literal["route311.submission.rejected.v1"] = "route311.submission.rejected.v1"
    source: str = "/intake"
    data: Rejection
