"""Everything that the catalogue knows about one city."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from shared.catalogue.condition import Condition, HazardRule
from shared.catalogue.indexes import index_of_hints, index_of_keywords, index_of_phrases
from shared.catalogue.local_text import LocalText
from shared.catalogue.routing import Hours
from shared.catalogue.service_type import ServiceType
from shared.text_matching import LinearModel, PhraseIndex, Spans
from shared.vocabulary import GeoPoint

NEIGHBOUR_CITY = "neighbour_city"
"""Reason of a referral to whoever answers for a place outside the limits."""

REFERRED_TO_911 = "referred_to_911"
"""Emergency of a report for which nothing but its own kind asks to call 911."""


@dataclass(frozen=True, slots=True)
class Bureau:
    """A part of the city that gets work orders on topics of its own."""

    code: str
    name: str
    phone: str | None
    hours: Hours

    @property
    def topic_part(self) -> str:
        """Name of the bureau inside its topics' names."""
        return self.code.lower()


@dataclass(frozen=True, slots=True)
class Agency:
    """Somebody outside the city to whom residents are referred.

    Attributes:
        reason: Code of why residents are mostly sent there.
    """

    code: str
    name: str
    phone: str | None
    url: str | None
    hours: Hours | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Owner:
    """Who owns ground inside the city that is not the city's own.

    Attributes:
        when: Conditions of which each says that a report lies on it.
        agency: Code of who must act there beside the city.
        reason: Code of why.
        kinds: Codes of the kinds that the owner has a part in.
    """

    when: frozenset[str]
    agency: str
    reason: str
    kinds: frozenset[str]


@dataclass(frozen=True)
class Jurisdiction:
    """One city, as its folder of the catalogue describes it.

    What finds words in texts is made when it is first asked for: it is most of the memory, and
    most programs read no texts.

    Attributes:
        id: Open311 ``jurisdiction_id``, the folder's name.
        timezone: IANA name.
        languages: BCP 47 tags, the city's own first.
        phone: How people reach the city, for messages.
        other_code: Kind of a report that fits no other.
        services: Every kind by its code, in the order of the files.
        dedup_groups: Codes of the kinds of each dedup group.
        neighbours: Who answers for places outside the limits, by ``location.municipality``.
        owners: Who owns ground inside the limits, the most telling first.
        referral_reasons: Why somebody outside must act, in plain words by code.
        answers: What answers questions that need no work, by code.
        default_points: Coordinates that stand for 'unknown' in the city's systems.
        export_types: Code of the kind for each type name of the city's own export.
        emergencies: Dangers to life, the most pressing first.
        hazards: What is urgent in a report of whatever kind, the most pressing first.
        told_by: Kinds that a text is likely about when it states a condition.
        spans: Which conditions say of what time, or of what supposition, others are.
        kin_of_hints: For each condition with hints those that tell of the same sort of peril.
        folder: Where the data are, for polygons that only some services read.
    """

    id: str
    name: str
    timezone: str
    languages: tuple[str, ...]
    holidays_country: str
    holidays_subdivision: str | None
    phone: str
    other_code: str
    services: Mapping[str, ServiceType]
    dedup_groups: Mapping[str, tuple[str, ...]]
    bureaus: Mapping[str, Bureau]
    agencies: Mapping[str, Agency]
    neighbours: Mapping[str, Agency]
    owners: tuple[Owner, ...]
    referral_reasons: Mapping[str, LocalText]
    answers: Mapping[str, LocalText]
    conditions: Mapping[str, Condition]
    emergencies: tuple[HazardRule, ...]
    hazards: tuple[HazardRule, ...]
    implied_kinds: Mapping[str, tuple[str, ...]]
    default_points: tuple[GeoPoint, ...]
    export_types: Mapping[str, str]
    spans: Spans
    kin_of_hints: Mapping[str, frozenset[str]]
    folder: Path

    @cached_property
    def phrases(self) -> PhraseIndex:
        """Where a text states a condition; codes are conditions."""
        return index_of_phrases(self.conditions.values())

    @cached_property
    def hints(self) -> LinearModel:
        """What the words of a text state together; codes are conditions."""
        return index_of_hints(self.conditions.values())

    @cached_property
    def keywords(self) -> PhraseIndex:
        """Where a text names a kind; codes are kinds."""
        return index_of_keywords(self.services.values())

    def learn_words(self) -> None:
        """Make now what finds words in texts, and not when the first text is read."""
        _ = self.phrases, self.hints, self.keywords

    def emergency(
        self, service: ServiceType, met: Collection[str]
    ) -> tuple[str, tuple[str, ...]] | None:
        """Say whether a report tells of a danger to life, and by which conditions.

        Args:
            service: Kind of the report.
            met: Conditions that the report's answers and words state.

        Returns:
            Code of the first emergency that is there, and its conditions, the most telling
            first; they are empty where the kind alone makes it one. None when there is none.
        """
        known = frozenset((*met, *service.implies))
        for emergency in self.emergencies:
            if evidence := emergency.evidence(known):
                return emergency.code, evidence
        if called_for := service.needs_911_for(known):
            return REFERRED_TO_911, called_for
        return None if service.emergency is None else (service.emergency, ())

    def hazard(self, met: Collection[str]) -> tuple[str, tuple[str, ...]] | None:
        """Return the first hazard that these conditions make, whatever the kind, and by which."""
        known = frozenset(met)
        for hazard in self.hazards:
            if evidence := hazard.evidence(known):
                return hazard.code, evidence
        return None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Every city that this router serves.

    ``version`` is a hash of the data: two services with the same version decide by the same facts.
    """

    version: str
    jurisdictions: Mapping[str, Jurisdiction]

    @property
    def bureau_codes(self) -> tuple[str, ...]:
        """Codes of all bureaus of all cities, sorted; no two cities share one."""
        return tuple(sorted(code for city in self.jurisdictions.values() for code in city.bureaus))
