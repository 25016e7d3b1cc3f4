"""From the body of a call to a note without contact data, or to all its field errors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pydantic import ValidationError

from services.intake.identifiers import contact_channels, reporter_refs
from services.intake.inbound.districts import area_of, to_location
from services.intake.inbound.field_errors import bad_language, field_errors
from services.intake.inbound.parsing import NOT_AN_OBJECT, shortened
from services.intake.inbound.validation import redact_media
from services.intake.places.gazetteer import geocode
from services.intake.policy import Geocoder, IntakePolicy, ServedCity
from services.intake.records import NoteWriter, RequestReference, StatedPlace, SubmittedNote
from services.intake.rules.location import resolve_location
from shared.contract.events import FieldError, Location, Note, new_id
from shared.contract.events.notes import NoteAuthor
from shared.redaction import KnownPii
from shared.text_matching.normalization import is_language_tag, normalize_or_none, normalize_text

_NOBODY = KnownPii(None, None, None)


class ParsedNote(NamedTuple):
    """A note, and whether its reporter says that finished work did not help."""

    note: Note
    not_fixed: bool


class NoteOrigin(NamedTuple):
    """Origin of a note; the author is None where an adapter does not name one."""

    source: str
    by: NoteAuthor | None = None


def parse_note(
    data: Any,  # noqa: ANN401 - anything may come from outside
    request: RequestReference,
    origin: NoteOrigin,
    policy: IntakePolicy,
    now: datetime,
) -> ParsedNote | tuple[FieldError, ...]:
    """Return the note, redacted and screened for hazards, or all its field errors."""
    if not isinstance(data, dict):
        return (NOT_AN_OBJECT,)
    given = shortened({name: value for name, value in data.items() if value is not None})
    try:
        note = SubmittedNote.model_validate(given)
    except ValidationError as error:
        return field_errors(error)
    if note.language and not is_language_tag(note.language):
        return (bad_language("language"),)
    city = policy.cities[request.jurisdiction]
    text = city.redactor.redact_text(normalize_text(note.text), _NOBODY)
    if not text:
        return (FieldError(field="text", code="missing_text", message="Add text."),)
    services = city.jurisdiction.services
    kind = services.get(request.service_code) or services[city.jurisdiction.other_code]
    by = _author(note.reporter, request, city, policy, origin) if note.reporter else origin.by
    parsed = Note(
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
        by=by,
        lane="express" if city.screen.screen(kind, text, {}).express else "standard",
    )
    return ParsedNote(parsed, note.not_fixed and by == "reporter")


def _author(
    writer: NoteWriter,
    request: RequestReference,
    city: ServedCity,
    policy: IntakePolicy,
    origin: NoteOrigin,
) -> NoteAuthor:
    email, phone, account_id = map(
        normalize_or_none, (writer.email, writer.phone, writer.account_id)
    )
    reached = contact_channels(email, phone, city.redactor.region)
    return request.author(*reporter_refs(policy.reporter_key, origin.source, account_id, reached))


async def locate_stated(
    place: StatedPlace, city: ServedCity, geocoders: Sequence[Geocoder]
) -> Location | None:
    """Return the location of a stated place, as for a report's address; None for an unknown one."""
    address = city.redactor.redact_address(normalize_text(place.words), _NOBODY)
    resolved = resolve_location(None, None, address or None, ())
    [located] = await geocode([(city.jurisdiction.id, resolved)], geocoders)
    if located.address is None or not (place.is_sure or located.point):
        return None
    return to_location(located, area_of(located.point, city))
