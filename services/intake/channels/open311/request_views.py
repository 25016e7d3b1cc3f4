"""Requests and their updates in Open311's words."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256

import pydantic_core

from services.intake.channels.conversations.rules import without_numbers
from services.intake.channels.open311 import schema
from services.intake.channels.open311.query import Span
from services.intake.channels.open311.responses import CONTENT_TYPE
from services.intake.channels.open311.store import ListedRequest
from services.intake.channels.status_view import (
    CLOCK_RUNS,
    STATUS_TEXT,
    bureau_name,
    current_status,
    outcome_note,
)
from services.intake.pictures import media_url
from services.intake.records.public import StatusChange
from shared.catalogue import Attribute, Jurisdiction, ServiceType
from shared.vocabulary import CLOSED_STATUSES, is_plausible

_DEGREE_DECIMALS = 6
_NOT_PUBLIC = ("held", "withheld")


def render_request(
    request: ListedRequest,
    city: Jurisdiction,
    public_url: str,
    history: Sequence[StatusChange] | None = None,
) -> schema.ServiceRequest:
    """Return a request; extensions have the history of its case, oldest first."""
    kind = city.services[request.service_code]
    view = schema.ServiceRequest(
        service_request_id=request.public_id,
        status="open" if request.is_open else "closed",
        status_notes=_status_notes(request),
        service_name=kind.name.en,
        service_code=request.service_code,
        description=_description(request, kind),
        agency_responsible=bureau_name(request.last.bureau, city)
        if request.last
        else request.referral_name,
        service_notice=_referral(request),
        requested_datetime=w3c(request.submitted_at),
        updated_datetime=w3c(request.updated_at),
        expected_datetime=_expected(request),
        address=request.address,
        address_id=None,
        zipcode=None,
        lat=_rounded(request.latitude),
        long=_rounded(request.longitude),
        media_url=media_url(public_url, request.media_id) if request.media_id else None,
    )
    if history is None:
        return view
    extended = {"detailed_status": _current(request), "triage_outcome": request.outcome}
    notes = [_note(change, city) for change in history]
    return view.model_copy(update={"extended_attributes": extended, "notes": notes})


def render_updates(
    request: ListedRequest, changes: Sequence[StatusChange], span: Span
) -> Iterator[schema.RequestUpdate]:
    """Yield the updates of a request within a time span, oldest first."""
    for change in changes:
        if span.since <= change.taken_at <= span.until:
            yield schema.RequestUpdate(
                update_id=f"{request.public_id}.{change.version}",
                service_request_id=request.public_id,
                status="closed" if change.status in CLOSED_STATUSES else "open",
                extended_status=change.status,
                updated_datetime=w3c(change.taken_at),
                description=_public(change.note) or STATUS_TEXT[change.status].en,
                media_url=None,
            )


def w3c(moment: datetime) -> str:
    """Return a moment in UTC without fractions, the form that every client reads."""
    return f"{moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"


def _description(request: ListedRequest, kind: ServiceType) -> str | None:
    """Return the words; the name of the kind in place of those that are not public."""
    if request.description and request.text_status in _NOT_PUBLIC:
        return kind.name.en
    return without_numbers(request.description) or None


def _public(note: str | None) -> str | None:
    return note and without_numbers(note)


def _note(change: StatusChange, city: Jurisdiction) -> schema.RequestNote:
    return schema.RequestNote(
        datetime=w3c(change.taken_at),
        type=change.status,
        summary=STATUS_TEXT[change.status].en,
        description=_public(change.note),
        agency=bureau_name(change.bureau, city),
    )


def _current(request: ListedRequest) -> str:
    return current_status(request.outcome, request.last.status if request.last else None)


def _status_notes(request: ListedRequest) -> str:
    note = outcome_note(request.outcome, was_moved=request.was_moved)
    parts = (
        STATUS_TEXT[_current(request)].en,
        note.en if note else None,
        _public(request.last.note) if request.last else None,
    )
    return " ".join(filter(None, parts))


def _referral(request: ListedRequest) -> str | None:
    if request.referral_name is None:
        return None
    contacts = filter(None, (request.referral_name, request.referral_phone, request.referral_url))
    return f"Also responsible: {', '.join(contacts)}"


def _expected(request: ListedRequest) -> str | None:
    """Return when the work is planned, or else its deadline, as the request's page shows them."""
    planned = request.last.scheduled_for if request.last else None
    if request.is_open and planned and is_plausible(planned):
        return w3c(planned)
    due = request.complete_by
    return w3c(due) if due and _current(request) in CLOCK_RUNS else None


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, _DEGREE_DECIMALS)


SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
_KEY_SERVICE = "A key is needed for POST alone. Ask the contact for one for your application."
_LISTS = {"singlevaluelist", "multivaluelist"}
_PLAIN_PATTERN = re.compile(r"[\w' ]+")
_DATATYPE = {
    "number": "A number, such as 3 or 0.5.",
    "datetime": "A moment with its offset, such as 2026-11-24T08:10:00-08:00.",
    "singlevaluelist": "The key of one of the values.",
    "multivaluelist": "The keys of one or more of the values.",
}


def discovery(cities: Collection[Jurisdiction], url: str, changeset: str) -> schema.Discovery:
    """Return the discovery document."""
    endpoint = schema.Endpoint(
        specification=SPECIFICATION,
        url=url,
        changeset=changeset,
        type="production",
        formats=[content_type.partition(";")[0] for content_type in CONTENT_TYPE.values()],
    )
    contact = "; ".join(f"{city.name} ({city.id}): {city.phone}" for city in cities)
    return schema.Discovery(
        changeset=changeset, contact=contact, key_service=_KEY_SERVICE, endpoints=[endpoint]
    )


def digest_of(cities: Collection[Jurisdiction]) -> str:
    """Return a hash of all kinds and their questions."""
    content = [
        (city.id, service_list(city), [definition(kind) for kind in city.services.values()])
        for city in cities
    ]
    return sha256(pydantic_core.to_json(content)).hexdigest()


def service_list(city: Jurisdiction) -> list[schema.Open311Service]:
    """Return the kinds of a city."""
    return [_service(kind) for kind in city.services.values()]


def definition(kind: ServiceType) -> schema.ServiceDefinition:
    """Return the questions of a kind."""
    attributes = [_attribute(one, order) for order, one in enumerate(kind.attributes, 1)]
    return schema.ServiceDefinition(service_code=kind.code, attributes=attributes)


def _service(kind: ServiceType) -> schema.Open311Service:
    keywords = filter(_PLAIN_PATTERN.fullmatch, kind.keywords.en)
    return schema.Open311Service(
        service_code=kind.code,
        service_name=kind.name.en,
        description=kind.name.en,
        metadata=bool(kind.attributes),
        type="realtime",
        keywords=", ".join(keywords),
        group=kind.group.en,
    )


def _attribute(attribute: Attribute, order: int) -> schema.ServiceAttribute:
    values = attribute.values if attribute.datatype in _LISTS else ()
    return schema.ServiceAttribute(
        variable=True,
        code=attribute.code,
        datatype=attribute.datatype,
        required=attribute.required,
        datatype_description=_DATATYPE.get(attribute.datatype),
        order=order,
        description=attribute.name.en,
        values=[schema.ListValue(key=key, name=name.en) for key, name in values],
    )
