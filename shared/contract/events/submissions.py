"""What channel adapters hand in, and the answer they get."""

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from shared.contract.events.base import Data, Event, ForeignEvent
from shared.vocabulary import Lane, StatusChannel, SubmissionChannel

MAX_DESCRIPTION = 4_000
MAX_ATTRIBUTES = 100
MAX_MEDIA = 20

Code = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Short = Annotated[str, StringConstraints(max_length=500)]
AttributeValue = Short | bool | int | float | list[Short] | None


class SubmittedLocation(Data):
    """Where the problem is: a point, an address, or both."""

    latitude: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)
    longitude: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    accuracy_m: float | None = Field(default=None, ge=0, le=1_000_000, allow_inf_nan=False)
    address: Short | None = None
    details: Short | None = None


class Media(Data):
    """A picture, sound or film that lies elsewhere."""

    url: Annotated[str, StringConstraints(max_length=2_000, pattern=r"^https?://")]
    media_type: Short | None = None


class Reporter(Data):
    """Who reported; every field is optional, and without any the report is anonymous."""

    name: Short | None = None
    email: Short | None = None
    phone: Short | None = None
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    status_updates: tuple[StatusChannel, ...] = ()
    account_id: Short | None = None


class Submission(Data):
    """One problem as a channel adapter describes it, not yet checked against the catalogue."""

    jurisdiction: Code
    channel: SubmissionChannel
    service_code: Code | None = None
    description: Annotated[str, StringConstraints(max_length=MAX_DESCRIPTION)] | None = None
    language: Annotated[str, StringConstraints(max_length=35)] | None = None
    location: SubmittedLocation | None = None
    attributes: dict[Code, AttributeValue] = Field(default_factory=dict, max_length=MAX_ATTRIBUTES)
    observed_at: AwareDatetime | None = None
    media: tuple[Media, ...] = Field(default=(), max_length=MAX_MEDIA)
    reporter: Reporter | None = None


class SubmissionHandedIn(ForeignEvent):
    """A channel adapter hands in what somebody reported."""

    subject_field: ClassVar[str] = "jurisdiction"
    data_model: ClassVar[type[Data]] = Submission

    type: Literal["route311.submission.v1"] = "route311.submission.v1"


class Advice(Data):
    """What the reporter should know or do at once."""

    code: str
    text: str


class Acceptance(Data):
    """The answer to a submission that became a request."""

    submission_id: str
    submission_source: str
    request_id: str
    tracking_number: str
    service_code: str
    lane: Lane
    status_url: str
    advice: tuple[Advice, ...] = ()


class FieldError(Data):
    """One thing that is wrong with a submission: which field, why, what to do."""

    field: str
    code: str
    message: str


class Rejection(Data):
    """The answer to a submission that cannot be accepted; it names every fault at once."""

    submission_id: str
    submission_source: str
    errors: tuple[FieldError, ...]


class SubmissionAccepted(Event):
    """A submission became a request and has its number."""

    subject_field: ClassVar[str] = "request_id"

    type: Literal["route311.submission.accepted.v1"] = "route311.submission.accepted.v1"
    source: str = "/intake"
    data: Acceptance


class SubmissionRejected(Event):
    """A submission was refused; the same one may be handed in again under a new id."""

    subject_field: ClassVar[str] = "submission_id"

    type: Literal["route311.submission.rejected.v1"] = "route311.submission.rejected.v1"
    source: str = "/intake"
    data: Rejection
