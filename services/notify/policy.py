"""Policy of notify: texts of the catalogue per city, and rules of sending."""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from services.notify.rules.daily_limit import SendingRules
from services.notify.rules.model import ReferralAgency
from shared.catalogue import Catalogue, Jurisdiction, LocalText
from shared.catalogue.texts import phone_in_words
from shared.redaction import KnownPii, Redactor

_ANYWHERE = Redactor("ZZ")


@dataclass(frozen=True, slots=True)
class CityTexts:
    """Names and texts of one jurisdiction for residents; mappings are by code."""

    name: str
    title: LocalText
    color: str
    phone: str
    timezone: str
    service_names: Mapping[str, LocalText]
    bureau_names: Mapping[str, str]
    bureau_phones: Mapping[str, str]
    open_pictures: Collection[str]  # bureaus whose pictures of the work are public at once
    referral_reasons: Mapping[str, LocalText]
    answers: Mapping[str, LocalText]
    districts: Mapping[str, str]
    public_kinds: Collection[str]
    # Agencies around the city, by municipality.
    neighbours: Mapping[str, ReferralAgency] = field(default_factory=dict)
    takes_replies: bool = False  # True where replies to e-mails reach the city

    def phone_in(self, tag: str) -> str:
        """Return the phone number in a sentence, as ``phone_in_words`` does."""
        return phone_in_words(self.phone, tag)


@dataclass(frozen=True, slots=True)
class NotifyPolicy:
    """Key and rules by which messages become due; mappings are by jurisdiction."""

    hash_key: bytes  # secret key of the hash of people; empty until it is read from the database
    rules: SendingRules
    redactors: Mapping[str, Redactor] = field(default_factory=dict)
    neighbours: Mapping[str, Collection[str]] = field(default_factory=dict)

    def redactor(self, jurisdiction: str) -> Redactor:
        """Return the redactor of a city; for an unknown city a redactor without a country."""
        return self.redactors.get(jurisdiction, _ANYWHERE)

    def redacted_purpose(self, jurisdiction: str, purpose: str, names: Iterable[str]) -> str:
        """Return a bureau's purpose without contact data and without these reporters' names."""
        redactor, words = self.redactor(jurisdiction), _words(purpose)
        for name in names:
            if words & _words(name):
                purpose = redactor.redact_text(purpose, KnownPii(name))
        return redactor.redact_note(purpose)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def city_texts(catalogue: Catalogue) -> Mapping[str, CityTexts]:
    """Return the texts of every city in the catalogue, by jurisdiction id."""
    return {city.id: _texts(city) for city in catalogue.jurisdictions.values()}


def _texts(city: Jurisdiction) -> CityTexts:
    return CityTexts(
        name=city.name,
        title=city.pages.title,
        color=city.pages.color,
        phone=city.phone,
        timezone=city.timezone,
        service_names={service.code: service.name for service in city.services.values()},
        bureau_names={bureau.code: bureau.name for bureau in city.bureaus.values()},
        bureau_phones={
            bureau.code: bureau.phone for bureau in city.bureaus.values() if bureau.phone
        },
        open_pictures={bureau.code for bureau in city.bureaus.values() if bureau.publish_photos},
        referral_reasons=city.referral_reasons,
        answers=city.answers,
        districts=city.districts,
        public_kinds={kind.code for kind in city.services.values() if not kind.private},
        neighbours={
            municipality: ReferralAgency(one.name, one.phone, one.url, one.reason)
            for municipality, one in city.neighbours.items()
        },
        takes_replies=bool(city.inbound_mail),
    )
