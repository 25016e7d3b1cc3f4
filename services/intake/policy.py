"""What intake needs to know to accept a submission, made ready once at its start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.intake.rules.phones import phones_in
from services.intake.rules.redaction import Redactor
from services.intake.rules.screening import HazardScreen
from shared.catalogue import Jurisdiction
from shared.vocabulary import GeoPoint


class BoundaryLookup(Protocol):
    """On whose ground points lie; many at once cost little more than one."""

    def municipality(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return whose ground each point lies on; None where that cannot be told."""
        ...

    def district(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the part of the city that each point lies in; None outside all of them."""
        ...


@dataclass(frozen=True, slots=True)
class City:
    """A jurisdiction with what is worked out from its part of the catalogue."""

    jurisdiction: Jurisdiction
    screen: HazardScreen
    redactor: Redactor
    boundaries: BoundaryLookup


@dataclass(frozen=True, slots=True)
class Policy:
    """By what submissions become requests.

    Attributes:
        cities: By the id of the jurisdiction.
        reporter_key: Secret behind ``reporter_ref``.
        public_url: Where residents reach intake, without a slash at its end.
    """

    cities: Mapping[str, City]
    reporter_key: bytes
    public_url: str


def city_of(jurisdiction: Jurisdiction, ground: BoundaryLookup) -> City:
    """Make a jurisdiction ready."""
    region = jurisdiction.holidays_country
    redaction = Redactor(region, frozenset(public_numbers(jurisdiction)))
    return City(jurisdiction, HazardScreen(jurisdiction), redaction, ground)


def public_numbers(jurisdiction: Jurisdiction) -> set[str]:
    """Return every telephone number in the catalogue, E.164: naming one gives nobody away."""
    phones = [
        jurisdiction.phone,
        *(bureau.phone for bureau in jurisdiction.bureaus.values()),
        *(agency.phone for agency in jurisdiction.agencies.values()),
        *(agency.phone for agency in jurisdiction.neighbours.values()),
    ]
    found = (phones_in(phone, jurisdiction.holidays_country) for phone in phones if phone)
    return {number for numbers in found for _, _, number in numbers if number}
