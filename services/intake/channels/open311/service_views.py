"""Discovery, the list of kinds, and the questions of a kind, from the catalogue."""

import re
from collections.abc import Collection
from hashlib import sha256

import pydantic_core

from services.intake.channels.open311.representation import CONTENT_TYPE
from services.intake.channels.open311.schema import (
    Discovery,
    Endpoint,
    ListValue,
    Open311Service,
    ServiceAttribute,
    ServiceDefinition,
)
from shared.catalogue import Attribute, Jurisdiction, ServiceType

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


def discovery(cities: Collection[Jurisdiction], url: str, changeset: str) -> Discovery:
    """Return the discovery document.

    Args:
        cities: The cities that the endpoint serves.
        url: Base URL of the endpoint.
        changeset: When kinds or questions last changed.
    """
    endpoint = Endpoint(
        specification=SPECIFICATION,
        url=url,
        changeset=changeset,
        type="production",
        formats=[content_type.partition(";")[0] for content_type in CONTENT_TYPE.values()],
    )
    contact = "; ".join(f"{city.name} ({city.id}): {city.phone}" for city in cities)
    return Discovery(
        changeset=changeset, contact=contact, key_service=_KEY_SERVICE, endpoints=[endpoint]
    )


def digest_of(cities: Collection[Jurisdiction]) -> str:
    """Return a hash of all kinds and their questions."""
    content = [
        (city.id, service_list(city), [definition(kind) for kind in city.services.values()])
        for city in cities
    ]
    return sha256(pydantic_core.to_json(content)).hexdigest()


def service_list(city: Jurisdiction) -> list[Open311Service]:
    """Return the kinds of a city."""
    return [_service(kind) for kind in city.services.values()]


def definition(kind: ServiceType) -> ServiceDefinition:
    """Return the questions of a kind."""
    attributes = [_attribute(one, order) for order, one in enumerate(kind.attributes, 1)]
    return ServiceDefinition(service_code=kind.code, attributes=attributes)


def _service(kind: ServiceType) -> Open311Service:
    keywords = filter(_PLAIN_PATTERN.fullmatch, kind.keywords.en)
    return Open311Service(
        service_code=kind.code,
        service_name=kind.name.en,
        description=kind.name.en,
        metadata=bool(kind.attributes),
        type="realtime",
        keywords=", ".join(keywords),
        group=kind.group.en,
    )


def _attribute(attribute: Attribute, order: int) -> ServiceAttribute:
    values = attribute.values if attribute.datatype in _LISTS else ()
    return ServiceAttribute(
        variable=True,
        code=attribute.code,
        datatype=attribute.datatype,
        required=attribute.required,
        datatype_description=_DATATYPE.get(attribute.datatype),
        order=order,
        description=attribute.name.en,
        values=[ListValue(key=key, name=name.en) for key, name in values],
    )
