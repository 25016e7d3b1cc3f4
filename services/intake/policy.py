"""Policy of intake: the cities and secrets that turn submissions into requests, built at start."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol, TypeAlias

from services.intake.records.submissions import ScreenedText
from services.intake.rules.classification import choose_code, likely_kinds
from services.intake.rules.screening import HazardScreen, QuickLook
from shared.catalogue import Jurisdiction, danger_advice
from shared.catalogue.judgement import read_text
from shared.contract.events import SubmissionReceived
from shared.redaction import Redactor
from shared.spoken_languages import ADVICE, SpokenLanguage, load_languages
from shared.vocabulary import GeoPoint


class BoundaryLookup(Protocol):
    """Municipalities and districts of points; a batch of points costs little more than one."""

    def municipality(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the municipality of each point; None where it is unknown."""

    def district(self, points: Sequence[GeoPoint]) -> Sequence[str | None]:
        """Return the city's district of each point; None outside all of them."""


class CityAddress(NamedTuple):
    """An address of a submission as written, redacted."""

    jurisdiction: str
    address: str


class Geocoder(Protocol):
    """Finds the points of addresses; never fails because it cannot."""

    async def points(self, addresses: Sequence[CityAddress]) -> Sequence[GeoPoint | None]:
        """Return the point of each address, in order; None where it knows none."""


_CATALOGUES = Path(__file__).with_name("po")


@cache
def intake_languages(*, unreviewed: bool = False) -> Mapping[str, SpokenLanguage]:
    """Return the languages that are offered, English first; for trials unreviewed ones, too."""
    return load_languages(_CATALOGUES, ADVICE, unreviewed=unreviewed)


# Waits for other servers before acceptance, so that its transaction never does.
Prefetch: TypeAlias = Callable[[Iterable[SubmissionReceived]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class ServedCity:
    """A jurisdiction with everything that intake derives from its part of the catalogue."""

    jurisdiction: Jurisdiction
    screen: HazardScreen
    quick_look: QuickLook
    redactor: Redactor
    boundaries: BoundaryLookup

    def screen_text(
        self, text: str, answers: Mapping[str, object], service_code: str | None = None
    ) -> ScreenedText:
        """Screen a text; classify it without a service code. Unknown codes count as other."""
        city, read = self.jurisdiction, read_text(text, self.jurisdiction)
        code = service_code or choose_code(likely_kinds(read, city), city)
        service = city.services.get(code) or city.services[city.other_code]
        screening = self.screen.screen(
            service, text, answers, is_classified=service_code is None, read=read
        )
        advice = danger_advice(screening.dangers, city) if screening.emergency else ()
        return ScreenedText(service, screening.conditions, advice)


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """The policy by which submissions become requests.

    Attributes:
        reporter_key: Secret behind ``reporter_ref``.
        public_url: Base URL of intake for residents, without a trailing slash.
        geocoders: Asked for addresses that the gazetteer does not know; they never block, since a
            transaction is open.
        text_rules_version: Version of all rules for texts; None to pass on no judgement.
        languages: Languages of what intake says, by tag.
    """

    cities: Mapping[str, ServedCity]
    reporter_key: bytes
    public_url: str
    adapters: frozenset[str] = frozenset()
    geocoders: tuple[Geocoder, ...] = ()
    text_rules_version: str | None = None
    languages: Mapping[str, SpokenLanguage] = field(default_factory=intake_languages)

    @property
    def jurisdictions(self) -> Mapping[str, Jurisdiction]:
        """The catalogue's part of each city, by its id."""
        return {id_: city.jurisdiction for id_, city in self.cities.items()}


def city_of(jurisdiction: Jurisdiction, boundaries: BoundaryLookup) -> ServedCity:
    """Return the jurisdiction with its screen and redactor."""
    screen = HazardScreen(jurisdiction)
    return ServedCity(
        jurisdiction, screen, QuickLook(jurisdiction, screen), Redactor.of(jurisdiction), boundaries
    )
