"""Policy of intake: the cities and secrets that turn submissions into requests, built at start."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias

from services.intake.rules.screening import HazardScreen, QuickLook
from services.intake.rules.text_reading import TextReader
from shared.catalogue import Jurisdiction
from shared.contract.events import SubmissionReceived
from shared.redaction import Redactor
from shared.runtime.sealing import Sealer
from shared.vocabulary import GeoPoint


class BoundaryLookup(Protocol):
    """Municipalities and districts of points; a batch of points costs little more than one."""

    def municipality(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the municipality of each point; None where it is unknown."""
        ...

    def district(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the city's district of each point; None outside all of them."""
        ...


class CityAddress(NamedTuple):
    """An address of a submission, without contact data.

    Attributes:
        address: As written, redacted.
    """

    jurisdiction: str
    address: str


class Geocoder(Protocol):
    """Finds the points of addresses; never fails because it cannot."""

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None where it knows none."""
        ...


Prefetch: TypeAlias = Callable[[Iterable[SubmissionReceived]], Awaitable[None]]
"""Waits for what acceptance needs of other servers, so that its transaction never does."""


@dataclass(frozen=True, slots=True)
class ServedCity:
    """A jurisdiction with everything that intake derives from its part of the catalogue.

    Attributes:
        screen: Hazard screening of its reports.
        quick_look: A cheap forecast of the screening.
        redactor: Redaction by its country's telephone format.
        text_reader: What text messages to it say.
    """

    jurisdiction: Jurisdiction
    screen: HazardScreen
    quick_look: QuickLook
    redactor: Redactor
    boundaries: BoundaryLookup
    text_reader: TextReader


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """The policy by which submissions become requests.

    Attributes:
        cities: By the id of the jurisdiction.
        reporter_key: Secret behind ``reporter_ref``.
        public_url: Base URL of intake for residents, without a trailing slash.
        adapters: The names of the external adapters, which have topics of their own.
        geocoders: Asked for addresses that the gazetteer does not know. They never wait: a
            transaction is open.
        text_rules_version: Version of everything that judges a text; None to pass on no judgement.
        conversation_secrets: What seals the contacts of reports that wait, then those before it;
            empty for ``reporter_key``.
    """

    cities: Mapping[str, ServedCity]
    reporter_key: bytes
    public_url: str
    adapters: frozenset[str] = frozenset()
    geocoders: tuple[Geocoder, ...] = ()
    text_rules_version: str | None = None
    conversation_secrets: Sequence[bytes] = ()

    @property
    def sealer(self) -> Sealer:
        """Seals what conversations keep of a contact."""
        return conversation_sealer(self.conversation_secrets or (self.reporter_key,))


def conversation_sealer(secrets: Sequence[bytes]) -> Sealer:
    """Return the sealer of what conversations keep of a contact.

    Args:
        secrets: The one that seals, then those whose seals it opens as well.
    """
    present, *before = secrets
    return Sealer.derived(present, "conversations at rest", *before)


def city_of(jurisdiction: Jurisdiction, boundaries: BoundaryLookup) -> ServedCity:
    """Return the jurisdiction with its screen and redactor."""
    screen = HazardScreen(jurisdiction)
    return ServedCity(
        jurisdiction,
        screen,
        QuickLook(jurisdiction, screen),
        Redactor.of(jurisdiction),
        boundaries,
        TextReader(jurisdiction, screen),
    )
