"""Bodies of the HTTP routes as models, which the OpenAPI document describes."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.contract.events import Acceptance, Advice, Data, FieldError, Submission
from shared.contract.events.base import Identity
from shared.contract.events.submissions import Code
from shared.contract.events.triage import ReferralReason
from shared.runtime.http.openapi import ProblemDetails


class BulkLine(Data):
    """A line of a bulk call."""

    id: Identity
    """Id of the submission: a repeat gets the same answer."""
    time: AwareDatetime | None = None
    """When it was sent, RFC 3339 with offset."""
    data: Submission
    """The submission."""


class BulkAnswer(Data):
    """The answer to a line of a bulk call."""

    id: str | None
    """Id of the submission; null where none could be read."""
    status: int
    """201, 400, 413 or 422, as for a single call."""
    data: Acceptance | None = None
    """The acceptance, of 201 alone."""
    problem: ProblemDetails | None = None
    """What is wrong, of every other status."""


class PartialSubmission(Submission):
    """A submission that may lack anything."""

    jurisdiction: Code | None = None  # type: ignore[assignment] # may be missing here
    channel: str | None = None  # type: ignore[assignment] # as above


class QuestionValue(Data):
    """A value of a list."""

    key: str
    """What is submitted."""
    name: str
    """What people read."""


class PreviewedQuestion(Data):
    """A question of the kind."""

    code: str
    """Its code."""
    text: str
    """The question."""
    datatype: str
    """Type of the answer."""
    required: bool
    """Whether it must be answered."""
    values: list[QuestionValue]
    """The values of a list."""


class PreviewedReferral(Data):
    """An agency outside the city that must act."""

    agency: str
    """Its code."""
    name: str
    """Its name."""
    phone: str | None
    """Its telephone number."""
    url: str | None
    """Its website."""
    reason: ReferralReason | None
    """Why it must act."""


class NearCase(Data):
    """An open case near by."""

    case_id: str
    """Its id, for ``follow_case``."""
    service_name: str
    """Name of its kind."""
    status: str
    """Its status."""
    distance_m: float
    """Metres from the point."""
    first_reported_at: AwareDatetime
    """When it was first reported, UTC."""
    request_count: int
    """How many requests it has."""


class Preview(Data):
    """View of the request that a submission would become."""

    service_code: str | None
    """The kind."""
    service_name: str | None
    """Its name."""
    questions: list[PreviewedQuestion]
    """The kind's questions."""
    advice: list[Advice]
    """What to show first."""
    referral: PreviewedReferral | None
    """The agency outside the city that must act."""
    priority: str | None
    """First judgement, ``P1`` to ``P5``."""
    near: Annotated[list[NearCase], Field(max_length=10)]
    """Open cases near by, the nearest first."""
    errors: list[FieldError]
    """The errors that ``POST /v1/submissions`` would give."""


class NoteTaken(Data):
    """Answer to a note."""

    note_id: str
    """Its id."""


class PictureForm(Data):
    """The form of an upload."""

    file: bytes
    """The picture, of at most 10 MiB."""


class KeptPicture(Data):
    """Answer to an upload: the picture as it is kept."""

    media_id: str
    """Its id."""
    url: str
    """Its address, for ``media`` of a submission."""
    media_type: str
    """MIME type."""
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    bytes: int
    """Size in bytes."""


class PictureDecision(Data):
    """Decision of an operator about a picture."""

    media_id: str
    """The picture."""
    released: bool
    """Whether the public sees it."""
