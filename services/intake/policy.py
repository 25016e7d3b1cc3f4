"""Policy of intake: the cities and secrets that turn submissions into requests, built at start."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from services.intake.rules.phones import phones_in
from services.intake.rules.redaction import Redactor
from services.intake.rules.screening import HazardScreen
from shared.catalogue import Jurisdiction
from shared.vocabulary import GeoPoint


class BoundaryLookup(Protocol):
    """Municipalities and districts of points; a batch of points costs little more than one."""

    def municipality(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the municipality of each point; None where it is unknown."""
        ...

    def district(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the city's district of each point; None outside all of them."""
        ...


@dataclass(frozen=True, slots=True)
class ServedCity:
    """A jurisdiction with everything that intake derives from its part of the catalogue.

    Attributes:
        jurisdiction: Its part of the catalogue.
        screen: Hazard screening of its reports.
        redactor: Redaction by its country's telephone format.
        boundaries: Its municipalities and districts.
    """

    jurisdiction: Jurisdiction
    screen: HazardScreen
    redactor: Redactor
    boundaries: BoundaryLookup


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """The policy by which submissions become requests.

    Attributes:
        cities: By the id of the jurisdiction.
        reporter_key: Secret behind ``reporter_ref``.
        public_url: Base URL of intake for residents, without a trailing slash.
        adapters: The names of the external adapters, which have topics of their own.
    """

    cities: Mapping[str, ServedCity]
    reporter_key: bytes
    public_url: str
    adapters: frozenset[str] = frozenset()


def city_of(jurisdiction: Jurisdiction, boundaries: BoundaryLookup) -> ServedCity:
    """Return the jurisdiction with its screen and redactor."""
    redactor = Redactor(jurisdiction.holidays_country, frozenset(_public_numbers(jurisdiction)))
    return ServedCity(jurisdiction, HazardScreen(jurisdiction), redactor, boundaries)


def _public_numbers(jurisdiction: Jurisdiction) -> set[str]:
    """Return every telephone number of the catalogue, E.164; none of them is personal data."""
    phones = [
        jurisdiction.phone,
        *(bureau.phone for bureau in jurisdiction.bureaus.values()),
        *(agency.phone for agency in jurisdiction.agencies.values()),
        *(agency.phone for agency in jurisdiction.neighbours.values()),
    ]
    found = (phones_in(phone, jurisdiction.holidays_country) for phone in phones if phone)
    return {number for numbers in found for _, _, number in numbers if number}
