"""What messages need of the catalogue: the names of things, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.notify.rules.values import Language
from shared.catalogue import Catalogue, Jurisdiction


@dataclass(frozen=True, slots=True)
class City:
    """One jurisdiction as residents know it.

    Attributes:
        phone: How people reach the city, per language.
        timezone: IANA name.
        kinds: Name of each kind of request, per language.
        bureaus: Name of each bureau.
        reasons: Why somebody outside the city must act, by code and per language.
    """

    name: str
    phone: Mapping[Language, str]
    timezone: str
    kinds: Mapping[str, Mapping[Language, str]]
    bureaus: Mapping[str, str]
    reasons: Mapping[str, Mapping[Language, str]]


def cities_of(catalogue: Catalogue) -> Mapping[str, City]:
    """Return every city of the catalogue by its jurisdiction, without its rules."""
    return {city.id: _city(city) for city in catalogue.jurisdictions.values()}


def _city(city: Jurisdiction) -> City:
    return City(
        name=city.name,
        phone={"en": city.phone, "es": city.phone.replace(" or ", " o ")},
        timezone=city.timezone,
        kinds={
            kind.code: {"en": kind.name.en, "es": kind.name.es} for kind in city.services.values()
        },
        bureaus={bureau.code: bureau.name for bureau in city.bureaus.values()},
        reasons={
            code: {"en": text.en, "es": text.es} for code, text in city.referral_reasons.items()
        },
    )
