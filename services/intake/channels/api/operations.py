"""Descriptions of the HTTP routes for the OpenAPI document."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field

from services.intake.pictures import KEPT_MEDIA_TYPE
from services.intake.records.notes import SubmittedNote
from shared.contract.events import (
    Acceptance,
    Advice,
    Data,
    FieldError,
    LikelyKind,
    Submission,
)
from shared.contract.events.base import Identity
from shared.contract.events.submissions import Code
from shared.contract.events.triage import ReferralReason
from shared.runtime.http.calls import JSON, NDJSON
from shared.runtime.http.openapi import (
    IDEMPOTENT,
    JSON_REFUSALS,
    KEY_REFUSALS,
    UNAVAILABLE,
    Content,
    Operation,
    Parameter,
    ProblemDetails,
    problem,
)
from shared.runtime.http.staff import ACTOR_HEADER
from shared.vocabulary import DangerClass, PersonalClass, TextStatus


class BulkLine(Data):
    """A line of a bulk call."""

    id: Identity
    """Id of the submission: a repeat gets the same answer."""
    time: AwareDatetime | None = None
    """Time of submission, RFC 3339 with offset."""
    data: Submission


class BulkAnswer(Data):
    """The answer to a line of a bulk call."""

    id: str | None
    """Id of the submission; null where none could be read."""
    status: int
    """201, 400, 413 or 422, as for a single call."""
    data: Acceptance | None = None
    """The acceptance, of 201 alone."""
    problem: ProblemDetails | None = None
    """The problem, for every other status."""
    warnings: list[FieldError] | None = None
    """Unknown fields that a lenient call ignored; absent without any."""


class PartialSubmission(Submission):
    """A submission that may lack anything."""

    jurisdiction: Code | None = None  # type: ignore[assignment] # may be missing here
    channel: str | None = None  # type: ignore[assignment] # as above


class QuestionValue(Data):
    """A value of a list."""

    key: str
    """The value to submit."""
    name: str
    """The label."""


class PreviewedQuestion(Data):
    """A question of the kind."""

    code: str
    text: str
    datatype: str
    required: bool
    first: bool
    """Whether to ask it at once; the others may wait until the person wants to tell more."""
    values: list[QuestionValue]


class PreviewedReferral(Data):
    """An agency outside the city that must act."""

    agency: str
    name: str
    phone: str | None
    url: str | None
    reason: ReferralReason | None
    outside_city: bool
    """True for a place outside the city, where the agency acts alone."""


class NearCase(Data):
    """An open case nearby."""

    case_id: str
    """Its id, for ``follow_case``."""
    service_name: str
    status: str
    distance_m: float
    """Metres from the point."""
    first_reported_at: AwareDatetime
    """Time of the first report, UTC."""
    request_count: int
    description: str | None
    """Its words; null without any that everybody may read."""
    media_id: str | None
    """Id of its photo, at ``/v1/media/{media_id}``; null without a public one."""


class Preview(Data):
    """View of the request that a submission would become."""

    language: str | None
    """Language of the names, questions and reasons: the submission's if they are in it."""
    place_unknown: bool
    """Whether the place is an address that no known place fits, and nothing else tells it."""
    service_code: str | None
    service_name: str | None
    kinds: Annotated[list[LikelyKind], Field(max_length=5)]
    """The likely kinds by the text, likeliest first."""
    unsure: bool
    """Whether the text tells no kind that is likely enough."""
    danger: list[DangerClass]
    """Classes of danger that it names."""
    questions: list[PreviewedQuestion]
    """What the text leaves open, the first to ask first."""
    advice: list[Advice]
    """Advice to show first."""
    referral: PreviewedReferral | None
    """The agency outside the city that must act."""
    priority: str | None
    """First estimate, ``P1`` to ``P5``."""
    near: Annotated[list[NearCase], Field(max_length=10)]
    """Open cases nearby, the nearest first."""
    errors: list[FieldError]
    """The errors that ``POST /v1/submissions`` would give, unknown fields among them."""


class NoteTaken(Data):
    """Answer to a note."""

    note_id: str


class PictureForm(Data):
    """The form of an upload."""

    file: bytes
    """The picture, of at most 10 MiB."""


class KeptPicture(Data):
    """Answer to an upload: the picture as it is kept."""

    media_id: str
    url: str
    """Its address, for ``media`` of a submission."""
    media_type: str
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    bytes: int


class PictureDecision(Data):
    """Decision of an operator about a picture."""

    media_id: str
    released: bool
    """Whether the public sees it."""


class TextDecision(Data):
    """Decision of an operator about the texts of a request."""

    tracking_number: str
    text_status: TextStatus


class TextFinding(Data):
    """A reason of the screen to hold a text."""

    class_: PersonalClass = Field(serialization_alias="class")
    """Class of the finding."""
    words: str
    """The words of the text."""


class HeldTextEntry(Data):
    """A text that waits for an operator."""

    tracking_number: str
    public_id: str | None
    jurisdiction: str
    service_code: str
    text: Literal["description", "note"]
    held_at: AwareDatetime
    description: str | None
    """The words; null for a note, which the history of its case has."""
    language: str | None
    """Primary subtag of their language; null where it is unknown."""
    findings: list[TextFinding]
    """Why it is held; empty where the city holds every text."""


class HeldTexts(Data):
    """Texts that wait for an operator, those that wait longest first."""

    texts: Annotated[list[HeldTextEntry], Field(max_length=100)]


SUBMISSIONS_PATH = "/v1/submissions"
BULK_PATH = f"{SUBMISSIONS_PATH}/bulk"
PREVIEW_PATH = f"{SUBMISSIONS_PATH}/preview"
TEXT_PATH = "/v1/requests/{tracking_number}/text"
HELD_TEXTS_PATH = "/v1/texts"
NOTES_PATH = "/v1/requests/{tracking_number}/notes"

_PICTURES = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/octet-stream")
_LOCATION: Mapping[str, Parameter] = {"Location": Parameter("Its address.", required=True)}
_WRONG: Mapping[int, Content] = {422: problem("Fields are missing or wrong; each is listed.")}
_NO_PICTURE: Mapping[int, Content] = {
    404: problem("Unknown picture."),
    410: problem("Erased."),
}
# Id of the line of a bulk call that the document shows.
EXAMPLE_ID = "a-1972"
_SUBMISSION: Mapping[str, Any] = {
    "jurisdiction": "portland.gov",
    "channel": "web",
    "service_code": "ROW-DEBRIS",
    "description": "Mattress in the right lane, cars are swerving",
    "location": {"latitude": 45.5231, "longitude": -122.6765, "address": "1221 SW 4th Ave"},
    "attributes": {"lane_blocked": "yes"},
}

SUBMIT = Operation(
    "Submit a report.",
    {
        201: Content("Created.", (JSON,), Acceptance, _LOCATION),
        **JSON_REFUSALS,
        **_WRONG,
        **KEY_REFUSALS,
    },
    body=Content("The submission.", (JSON,), Submission, example=_SUBMISSION),
    headers=IDEMPOTENT,
    security=("adapter",),
)
BULK = Operation(
    "Submit up to 1,000 reports.",
    {
        200: Content(
            "An answer for each line, in order, one JSON object a line.", (NDJSON,), BulkAnswer
        ),
        400: problem("The body cannot be read."),
        408: JSON_REFUSALS[408],
        413: problem("More than 1,000 lines or 5 MiB; nothing was accepted."),
        415: JSON_REFUSALS[415],
        **KEY_REFUSALS,
    },
    body=Content(
        "One JSON object a line, of at most 1 MiB each.",
        (NDJSON,),
        BulkLine,
        example={"id": EXAMPLE_ID, "data": _SUBMISSION},
    ),
    security=("adapter",),
)
PREVIEW = Operation(
    "Preview the request that a submission would become; nothing is kept.",
    {
        200: Content("The preview.", (JSON,), Preview),
        **JSON_REFUSALS,
        413: problem("The body is larger than 64 KiB."),
        **KEY_REFUSALS,
    },
    body=Content(
        "The submission, which may lack anything.", (JSON,), PartialSubmission, example=_SUBMISSION
    ),
    security=("adapter",),
    unknown="reported",
)
ADD_NOTE = Operation(
    "Add a note to a request.",
    {
        201: Content("Created.", (JSON,), NoteTaken),
        404: problem("Unknown tracking number."),
        **JSON_REFUSALS,
        **_WRONG,
        **KEY_REFUSALS,
    },
    body=Content("The note.", (JSON,), SubmittedNote),
    headers=IDEMPOTENT,
    security=("adapter",),
)
UPLOAD = Operation(
    "Upload a picture, as an adapter or a bureau.",
    {
        201: Content("Created.", (JSON,), KeptPicture, _LOCATION),
        400: problem("The form cannot be read."),
        408: JSON_REFUSALS[408],
        413: problem("More than 10 MiB or 40 megapixels."),
        415: problem("It is no JPEG, PNG, WebP or HEIC, or it is damaged."),
        422: problem("The form has no field file."),
        **KEY_REFUSALS,
    },
    body=Content("The picture, of at most 10 MiB; the bytes decide.", _PICTURES, bytes),
    form=Content("The same in a form.", ("multipart/form-data",), PictureForm),
    security=("adapter", "bureau"),
)
DOWNLOAD = Operation(
    "Download a picture; to know its id is the authorization.",
    {
        200: Content("The picture.", (KEPT_MEDIA_TYPE,), bytes),
        **_NO_PICTURE,
        429: KEY_REFUSALS[429],
        **UNAVAILABLE,
    },
)


def _decide(summary: str) -> Operation:
    decided = Content("Released or withheld.", (JSON,), PictureDecision)
    answers = {200: decided, **_NO_PICTURE, **KEY_REFUSALS}
    return Operation(summary, answers, headers=ACTOR_HEADER, security=("operator",))


RELEASE = _decide("Release a picture to the public, as an operator.")
WITHHOLD = _decide("Withhold a picture from the public, as an operator.")


def _decide_text(summary: str) -> Operation:
    refused = {404: problem("Unknown tracking number."), 409: problem("It has no text.")}
    decided = Content("Released or withheld.", (JSON,), TextDecision)
    answers = {200: decided, **refused, **UNAVAILABLE, **KEY_REFUSALS}
    return Operation(summary, answers, headers=ACTOR_HEADER, security=("operator",))


RELEASE_TEXT = _decide_text("Release the texts of a request to the public, as an operator.")
WITHHOLD_TEXT = _decide_text("Withhold the texts of a request from the public, as an operator.")
LIST_HELD_TEXTS = Operation(
    "List texts that wait for a release, with the reasons, as an operator.",
    {
        200: Content("At most 100, the oldest first.", (JSON,), HeldTexts),
        **UNAVAILABLE,
        **KEY_REFUSALS,
    },
    security=("operator",),
)
