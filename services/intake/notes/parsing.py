"""From the body of a call to a note without contact data, or to all its field errors."""

from datetime import datetime
from typing import Annotated, Any, NamedTuple

from pydantic import Field, StrictBool, StringConstraints, ValidationError

from services.intake.inbound.field_errors import bad_language, from_pydantic
from services.intake.inbound.parsing import MAX_FIELD_ERRORS, NOT_AN_OBJECT, shortened
from services.intake.inbound.validation import redact_media
from services.intake.policy import IntakePolicy
from services.intake.rules.language import is_language_tag
from services.intake.rules.text import normalize_text
from shared.contract.events import Data, FieldError, Media, Note, new_id
from shared.contract.events.submissions import MAX_DESCRIPTION, MAX_MEDIA
from shared.redaction import KnownPii
from shared.vocabulary import SubmissionChannel

_NOBODY = KnownPii(None, None, None)


class RequestReference(NamedTuple):
    """The request that a note is about.

    Attributes:
        request_id: Id of the request.
        tracking_number: Its number.
        jurisdiction: The city.
        service_code: Its kind.
        reporter_ref: Pseudonym of its reporter; None for an anonymous one.
    """

    request_id: str
    tracking_number: str
    jurisdiction: str
    service_code: str
    reporter_ref: str | None = None


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
    """True when the person says that finished work did not solve the problem; a completed case is
    reopened."""


def says_not_fixed(data: Any) -> bool:  # noqa: ANN401 - any JSON
    """Return True for the data of a note that says that finished work did not help."""
    return isinstance(data, dict) and data.get("not_fixed") is True


def parse_note(
    data: Any,  # noqa: ANN401 - anything may come from outside
    request: RequestReference,
    policy: IntakePolicy,
    now: datetime,
) -> Note | tuple[FieldError, ...]:
    """Return the note, redacted and screened for hazards, or all its field errors.

    Args:
        data: The JSON value of the body.
        request: The request that it is about.
        policy: The cities.
        now: When the note arrived.
    """
    if not isinstance(data, dict):
        return (NOT_AN_OBJECT,)
    given = shortened({name: value for name, value in data.items() if value is not None})
    try:
        note = SubmittedNote.model_validate(given)
    except ValidationError as error:
        errors = from_pydantic(error.errors(include_url=False, include_input=False))
        return tuple(errors.values())[:MAX_FIELD_ERRORS]
    if note.language and not is_language_tag(note.language):
        return (bad_language("language"),)
    city = policy.cities[request.jurisdiction]
    text = city.redactor.redact_text(normalize_text(note.text), _NOBODY)
    if not text:
        return (FieldError(field="text", code="missing_text", message="Add text."),)
    services = city.jurisdiction.services
    kind = services.get(request.service_code) or services[city.jurisdiction.other_code]
    return Note(
        note_id=new_id(),
        request_id=request.request_id,
        tracking_number=request.tracking_number,
        jurisdiction=request.jurisdiction,
        dedup_group=kind.dedup.group,
        channel=note.channel,
        text=text,
        language=note.language,
        media=tuple(redact_media(note.media, city.redactor, _NOBODY, policy.public_url)),
        at=now,
        lane="express" if city.screen.screen(kind, text, {}).express else "standard",
    )
