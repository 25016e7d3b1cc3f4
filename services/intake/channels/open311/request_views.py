"""Requests and their updates in Open311's words."""

import re
from collections.abc import Collection, Iterator, Sequence
from hashlib import sha256

import pydantic_core

from services.intake.channels.listing.query import Span
from services.intake.channels.listing.store import ListedRequest
from services.intake.channels.listing.views import case_status, public_fields, public_note, w3c
from services.intake.channels.open311 import schema
from services.intake.channels.open311.responses import CONTENT_TYPE
from services.intake.channels.status_view import STATUS_TEXT, bureau_name
from services.intake.records.public import StatusChange
from shared.catalogue import Attribute, Jurisdiction, ServiceType
from shared.vocabulary import CLOSED_STATUSES


def render_request(
    request: ListedRequest,
    city: Jurisdiction,
    public_url: str,
    history: Sequence[StatusChange] | None = None,
) -> schema.ServiceRequest:
    """Return a request; extensions have the history of its case, oldest first."""
    fields = public_fields(request, city, public_url)
    view = schema.ServiceRequest(**fields, address_id=None, zipcode=None)
    if history is None:
        return view
    extended = {"detailed_status": case_status(request), "triage_outcome": request.outcome}
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
                description=public_note(change.note) or STATUS_TEXT[change.status].en,
                media_url=None,
            )


def _note(change: StatusChange, city: Jurisdiction) -> schema.RequestNote:
    return schema.RequestNote(
        datetime=w3c(change.taken_at),
        type=change.status,
        summary=STATUS_TEXT[change.status].en,
        description=public_note(change.note),
        agency=bureau_name(change.bureau, city),
    )


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
