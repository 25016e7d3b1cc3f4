"""What messages need of the catalogue: the names of things, in each language."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.catalogue import Catalogue, Jurisdiction, LocalText
from shared.vocabulary import Language


@dataclass(frozen=True, slots=True)
class City:
    """One jurisdiction as residents know it.

    Attributes:
        phone: How people reach the city, per language.
        timezone: IANA name.
        kinds: Name of each kind of request, per language.
        bureaus: Name of each bureau.
        reasons: Why somebody outside the city must act, by code and per language.
        answers: What answers questions that need no work, likewise.
    """

    name: str
    phone: Mapping[Language, str]
    timezone: str
    kinds: Mapping[str, Mapping[Language, str]]
    bureaus: Mapping[str, str]
    reasons: Mapping[str, Mapping[Language, str]]
    answers: Mapping[str, Mapping[Language, str]]


def cities_of(catalogue: Catalogue) -> Mapping[str, City]:
    """Return every city of the catalogue by its jurisdiction, without its rules."""
    return {city.id: _city(city) for city in catalogue.jurisdictions.values()}


def _city(city: Jurisdiction) -> City:
    return City(
        name=city.name,
        phone={"en": city.phone, "es": city.phone.replace(" or ", " o ")},
        timezone=city.timezone,
        kinds={kind.code: _told(kind.name) for kind in city.services.values()},
        bureaus={bureau.code: bureau.name for bureau in city.bureaus.values()},
        reasons={code: _told(text) for code, text in city.referral_reasons.items()},
        answers={code: _told(text) for code, text in city.answers.items()},
    )


def _told(text: LocalText) -> Mapping[Language, str]:
    return {"en": text.en, "es": text.es}
