"""The rules of each city, prepared once from the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import NamedTuple

from services.triage.outbound.explanation import Wording
from services.triage.rules.dedup.case_index import CandidateQuery
from services.triage.rules.dedup.features import asset_in, rare_words, words_of
from services.triage.rules.dedup.grid import boxes_around, degrees_up
from services.triage.rules.dedup.model import RADIUS_ALONE, Report
from services.triage.rules.faq import FaqMatcher
from services.triage.rules.priority.conditions import ConditionFinder, MatchedConditions
from services.triage.rules.priority.context import with_context
from services.triage.rules.priority.places import NOWHERE, PlaceFinder, Spot
from services.triage.rules.priority.score import (
    DetectedEmergency,
    PriorityScore,
    detect_emergency,
    downgrade_of,
    generic_hazard_in,
    score_priority,
)
from services.triage.rules.referral import Referral, referral_for
from shared.catalogue import Catalogue, Dedup, Jurisdiction, ServiceType
from shared.catalogue.evidence import Evidence, Extent


@dataclass(frozen=True, slots=True)
class SearchExtent:
    """How far apart two reports of a dedup group may be at most.

    Attributes:
        personal: Whether some kind of the group has no place and goes by who reported.
        edge_m: How much of the radius is for what is within the window alone; what is the same
            again lies nearer.
    """

    radius_m: float
    window: timedelta
    personal: bool
    edge_m: float = 0.0


class Assessment(NamedTuple):
    """What a report is by itself, whatever was reported before.

    Attributes:
        met: Conditions that it states, each with the words or the answer that state it.
    """

    urgency: PriorityScore
    danger: DetectedEmergency | None
    referral: Referral | None
    met: MatchedConditions


class CityPolicy:
    """What one city's catalogue says about its reports."""

    def __init__(self, jurisdiction: Jurisdiction, evidence: Evidence | None = None) -> None:
        """Take a city's rules from its folder, with this evidence in place of the folder's own."""
        self.services: Mapping[str, ServiceType] = jurisdiction.services
        self.evidence = evidence or jurisdiction.evidence
        self.limits = _limits(jurisdiction, self.evidence)
        self.stand_ins = self.evidence.placeholder_points if self.evidence else None
        self._common = _common_words(jurisdiction, self.evidence)
        self._jurisdiction = jurisdiction
        self._conditions = ConditionFinder(jurisdiction)
        self.circumstances = jurisdiction.circumstances
        self.wording = Wording(jurisdiction, self.circumstances)
        self._places = PlaceFinder(jurisdiction, self.circumstances) if self.circumstances else None
        reach = self.evidence.reach if self.evidence else RADIUS_ALONE
        self.answers = FaqMatcher(jurisdiction.faq) if jurisdiction.faq else None
        self._reaches = {
            group: _reach([self.limits[kind] for kind in kinds], reach)
            for group, kinds in jurisdiction.dedup_groups.items()
        }

    def assess(
        self,
        service: ServiceType,
        text: str,
        answers: Mapping[str, object],
        municipality: str | None,
        spot: Spot = NOWHERE,
    ) -> Assessment:
        """Return what a report is by itself.

        Args:
            service: Its kind.
            text: All that the reporter wrote freely.
            answers: Its attributes.
            municipality: On whose ground it lies; None when that cannot be told.
            spot: Where it lies.
        """
        city = self._jurisdiction
        met = self._conditions.find(service, text, answers)
        danger = detect_emergency(city, service, met)
        is_other = service.code == city.other_code
        change = downgrade_of(city, service, met) or generic_hazard_in(city, service, met)
        urgency = score_priority(service, met, danger, change, is_other=is_other)
        if self._places is not None:
            urgency = with_context(urgency, self._places.points(service, met, spot))
        return Assessment(
            urgency,
            danger,
            referral_for(city, service, municipality, met),
            met,
        )

    def position_error_m(self, accuracy_m: float | None, precision: str) -> float:
        """Return how far off a point may be, by what is said of it and by its precision."""
        at_least = self.evidence.accuracy.vague_m.get(precision, 0.0) if self.evidence else 0.0
        return max(accuracy_m or 0.0, at_least)

    def rare_words(self, text: str) -> frozenset[str]:
        """Return the words of a description that tell its problem from others."""
        if self.evidence is None or not self.evidence.words.each:
            return frozenset()
        return rare_words(text, self._common)

    def asset_in(self, answers: Mapping[str, object]) -> str | None:
        """Return the thing that the answers name and that there is only once."""
        return asset_in(answers, self.evidence.assets.answers) if self.evidence else None

    def search_extent(self, service: ServiceType) -> SearchExtent:
        """Return how far apart a report of this kind and an earlier one may be at most."""
        return self._reaches[service.dedup.group]


class TriagePolicy:
    """The rules of every city; ``version`` names the facts that they rest on."""

    def __init__(
        self, catalogue: Catalogue, evidence: Mapping[str, Evidence] | None = None
    ) -> None:
        """Take the cities of a catalogue; ``evidence`` is in place of some cities' own."""
        self.version = catalogue.version
        other = evidence or {}
        self.cities = {
            id_: CityPolicy(city, other.get(id_)) for id_, city in catalogue.jurisdictions.items()
        }


def search_for(report: Report, key: str, reach: SearchExtent) -> CandidateQuery:
    """Return the search that finds every case that the report may be about."""
    return CandidateQuery(
        key,
        boxes_around(report.place, reach.radius_m) if report.place else (),
        report.address,
        report.reporter if reach.personal else None,
        report.observed_at - reach.window,
        report.observed_at + reach.window,
        degrees_up(reach.edge_m),
    )


def _limits(city: Jurisdiction, evidence: Evidence | None) -> dict[str, Dedup]:
    """Return radius and window of each kind; what has none is given none."""
    limits = {code: kind.dedup for code, kind in city.services.items()}
    for code, other in evidence.limits.items() if evidence else ():
        own = limits.get(code)
        if own is not None and own.radius_m and own.window:
            radius_m, window = other.radius_m or own.radius_m, other.window or own.window
            limits[code] = replace(own, radius_m=radius_m, window=window)
    return limits


def _common_words(city: Jurisdiction, evidence: Evidence | None) -> frozenset[str]:
    """Return what says nothing: the names of kinds and how they are recognised, and more."""
    said = (
        text
        for kind in city.services.values()
        for words in (kind.keywords, kind.extra_keywords)
        for text in (kind.name.en, kind.name.es, *words.en, *words.es)
    )
    return words_of(said) | (evidence.words.common if evidence else frozenset())


def _reach(limits: list[Dedup], extent: Extent) -> SearchExtent:
    counting = [limit for limit in limits if limit.window]
    radius_m = max((limit.radius_m for limit in counting), default=0.0)
    reach_m = extent.around(radius_m) if radius_m else 0.0
    return SearchExtent(
        reach_m,
        max((limit.window for limit in counting), default=timedelta(0)),
        any(not limit.radius_m for limit in counting),
        reach_m - radius_m,
    )
