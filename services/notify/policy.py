"""Policy of notify: texts of the catalogue per city and language, and rules of sending."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.notify.rules.sending import SendingRules
from shared.catalogue import Catalogue, Jurisdiction, LocalText
from shared.redaction import Redactor
from shared.vocabulary import Language

_ANYWHERE = Redactor("ZZ")


@dataclass(frozen=True, slots=True)
class CityTexts:
    """Names and texts of one jurisdiction, as residents know them.

    Attributes:
        name: The city's own name.
        title: Name of the service, per language.
        color: Colour of the pages, ``#rrggbb``.
        phone: The city's phone number in words, per language.
        timezone: IANA name.
        service_names: Name of each service type by its code, per language.
        bureau_names: Name of each bureau by its code.
        bureau_phones: Phone number of each bureau that has one, by its code.
        referral_reasons: Reasons for a referral to an outside agency, by code and per language.
        answers: Answers to questions that need no work, by code and per language.
    """

    name: str
    title: Mapping[Language, str]
    color: str
    phone: Mapping[Language, str]
    timezone: str
    service_names: Mapping[str, Mapping[Language, str]]
    bureau_names: Mapping[str, str]
    bureau_phones: Mapping[str, str]
    referral_reasons: Mapping[str, Mapping[Language, str]]
    answers: Mapping[str, Mapping[Language, str]]


@dataclass(frozen=True, slots=True)
class NotifyPolicy:
    """Key and rules by which messages become due.

    Attributes:
        contact_key: Secret key of the hash that stands for a person.
        rules: Rules of the cities about sending.
        redactors: Redaction of what people write, by jurisdiction.
    """

    contact_key: bytes
    rules: SendingRules
    redactors: Mapping[str, Redactor] = field(default_factory=dict)

    def redactor(self, jurisdiction: str) -> Redactor:
        """Return the redaction of a city; for an unknown one that of no country."""
        return self.redactors.get(jurisdiction, _ANYWHERE)


def city_texts(catalogue: Catalogue) -> Mapping[str, CityTexts]:
    """Return the texts of every city in the catalogue, by jurisdiction id."""
    return {city.id: _texts(city) for city in catalogue.jurisdictions.values()}


def _texts(city: Jurisdiction) -> CityTexts:
    return CityTexts(
        name=city.name,
        title=_by_language(city.pages.title),
        color=city.pages.color,
        phone=_by_language(city.phone_text),
        timezone=city.timezone,
        service_names={s.code: _by_language(s.name) for s in city.services.values()},
        bureau_names={bureau.code: bureau.name for bureau in city.bureaus.values()},
        bureau_phones={
            bureau.code: bureau.phone for bureau in city.bureaus.values() if bureau.phone
        },
        referral_reasons={c: _by_language(text) for c, text in city.referral_reasons.items()},
        answers={code: _by_language(text) for code, text in city.answers.items()},
    )


def _by_language(text: LocalText) -> Mapping[Language, str]:
    return {"en": text.en, "es": text.es}
