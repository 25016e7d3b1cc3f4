"""A jurisdiction: the catalogue's data of one city."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from shared.catalogue.agencies import Bureau, ExternalAgency, Owner
from shared.catalogue.answers import Faq
from shared.catalogue.circumstances import Circumstances
from shared.catalogue.city_pages import CityPages
from shared.catalogue.condition import (
    Condition,
    HazardRule,
    conditions_by_field,
    trigger_conditions,
)
from shared.catalogue.evidence import Evidence
from shared.catalogue.routing import RoutingRule
from shared.catalogue.service_type import ServiceType
from shared.catalogue.surges import CitySurges
from shared.catalogue.texts import LocalText, phone_in_words
from shared.text_matching import (
    CompiledPhrases,
    PhraseIndex,
    PhraseRoles,
    StemEntry,
    StemPatterns,
    TrainedModel,
    fold,
    stem_patterns,
)
from shared.vocabulary import DangerClass, FourEyesRule, GeoPoint, PublicTexts

if TYPE_CHECKING:
    from shared.text_matching.text_model import TextModel

# File of the polygons of districts, in the folder of a jurisdiction.
DISTRICTS = "districts.geojson"

# Default reason of a referral to the agency for a location outside the city's limits.
NEIGHBOUR_CITY = "neighbour_city"

# Reason of a referral where the city makes a hazard safe and the agency does the rest.
HAZARD_NOW = "hazard_now"

# Emergency of a report that is one only because its kind refers residents to 911.
REFERRED_TO_911 = "referred_to_911"


@dataclass(frozen=True, slots=True)
class CityIndexes:
    """Tables of a city's text indexes."""

    phrases: CompiledPhrases
    keywords: CompiledPhrases


@dataclass(frozen=True, slots=True)
class TextIndexes:
    """Tables of the text indexes of all cities, by city."""

    cities: Mapping[str, CityIndexes]


@dataclass(frozen=True)
class Jurisdiction:
    """One city.

    The text indexes are built on first use: they take most of the memory, and most programs read
    no texts.

    Attributes:
        id: Open311 ``jurisdiction_id``, the folder's name.
        languages: BCP 47 tags, the city's own first.
        holidays_country: Country code of the ``holidays`` library.
        services: Service types by code, in the order of the files.
        dedup_groups: Service codes by dedup group.
        neighbours: Agencies for locations outside the limits, by ``location.municipality``.
        owners: Owners of land inside the limits, the most specific first.
        emergencies: Dangers to life, the most pressing first.
        hazards: Hazards that are urgent in a report of every kind, the most pressing first.
        default_points: Coordinates that stand for "unknown" in the city's systems.
        inbound_mail: Addresses for residents' e-mail; the first one is the sender of questions.
        monthly_report: Staff who get the public figures of each month by mail.
        export_types: Service codes by the type names of the city's own export.
        danger_words: Words for dangers in languages that ``conditions`` lack.
        trained_model: The text model, which all cities share.
        danger_conditions: Conditions that make a report an emergency.
        hazard_conditions: Conditions that make a report of some kind urgent.
        plain_conditions: Dangers whose phrases need no support from the rest of the text.
        alarm_budget: Fraction of random reports that may be classified urgent; None for no limit.
        thresholds: Minimum score of urgency by language, where the alarm budget gives another
            than the model's own, 1.
        unsure_below: Probability below which the kind of a text is unsure, 0 to 1.
        public_texts: Which texts of residents the public reads without an operator's release.
        four_eyes: What takes effect only once a second person approves it.
        routing: Routing rules in their order; the kind's own entry follows them.
        basemap: PMTiles file in the folder, or URL of such a file or of a tile server with
            ``{z}``, ``{x}`` and ``{y}``; None for no map.
        folder: Folder of the data, for the polygons that only some services read.
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
    agencies: Mapping[str, ExternalAgency]
    neighbours: Mapping[str, ExternalAgency]
    owners: tuple[Owner, ...]
    referral_reasons: Mapping[str, LocalText]
    conditions: Mapping[str, Condition]
    emergencies: tuple[HazardRule, ...]
    hazards: tuple[HazardRule, ...]
    default_points: tuple[GeoPoint, ...]
    inbound_mail: tuple[str, ...]
    monthly_report: tuple[str, ...]
    export_types: Mapping[str, str]
    phrase_roles: PhraseRoles
    danger_words: tuple[StemEntry, ...]
    trained_model: TrainedModel
    danger_conditions: frozenset[str]
    hazard_conditions: frozenset[str]
    plain_conditions: frozenset[str]
    alarm_budget: float | None
    thresholds: Mapping[str, int]
    unsure_below: float
    public_texts: PublicTexts
    four_eyes: frozenset[FourEyesRule]
    faq: Faq | None
    evidence: Evidence | None
    circumstances: Circumstances | None
    routing: tuple[RoutingRule, ...]
    surges: CitySurges
    pages: CityPages
    basemap: str | None
    folder: Path

    def phone_in(self, tag: str) -> str:
        """Return the telephone number as part of a sentence, as ``phone_in_words`` does."""
        return phone_in_words(self.phone, tag)

    @property
    def tiles(self) -> Path | None:
        """The file of the base map; None without one, or where another server has it."""
        is_file = self.basemap and "://" not in self.basemap
        return self.folder / self.basemap if self.basemap and is_file else None

    @cached_property
    def districts(self) -> Mapping[str, str]:
        """Names of its districts by code."""
        path = self.folder / DISTRICTS
        found = json.loads(path.read_text("utf-8"))["features"] if path.exists() else []
        districts = [one["properties"] for one in found]
        return {one["code"]: one.get("name", one["code"]) for one in districts}

    @cached_property
    def codes_by_city(self) -> Mapping[str, str]:
        """The id of the city, and codes of neighbours, by folded name of a city."""
        named = {fold(name): n.code for n in self.neighbours.values() for name in n.called}
        return {fold(self.id.partition(".")[0]): self.id} | named

    @cached_property
    def codes_by_type(self) -> Mapping[str, str]:
        """Service codes by the type names of the city's export, and by the kinds' own names."""
        names = {kind.name.en: kind.code for kind in self.services.values()}
        return {**names, **self.export_types}

    @cached_property
    def answers(self) -> Mapping[str, LocalText]:
        """Texts of the answers to frequent questions, by code."""
        return {a.code: a.text for a in self.faq.by_code.values()} if self.faq else {}

    @cached_property
    def conditions_by_attribute(self) -> Mapping[str, Sequence[Condition]]:
        """Conditions that the values of each attribute may state."""
        return conditions_by_field(self.conditions.values())

    @cached_property
    def phrases(self) -> PhraseIndex:
        """Index of the phrases that state conditions; misspelt words count."""
        conditions = self.conditions.values()
        return PhraseIndex.of(
            ((c.code, phrase) for c in conditions for phrase in c.phrases.all),
            ((c.code, phrase) for c in conditions for phrase in c.exceptions.all),
            is_lenient=True,
        )

    @cached_property
    def dangers_in_other_languages(self) -> StemPatterns:
        """The patterns of ``danger_words``."""
        return stem_patterns(self.danger_words)

    @cached_property
    def text_model(self) -> "TextModel":
        """Linear model that scores all words of a text."""
        from shared.text_matching.text_model import decode_model  # noqa: PLC0415 - takes NumPy

        return decode_model(self.trained_model.file)

    @cached_property
    def keywords(self) -> PhraseIndex:
        """Index of the keywords of service types, plurals included."""
        return PhraseIndex.of(_keywords(self.services.values()))

    @cached_property
    def _classes_of_conditions(self) -> Mapping[str, frozenset[DangerClass]]:
        classes: dict[str, frozenset[DangerClass]] = {}
        for rule in (*self.emergencies, *self.hazards):
            if rule.danger is not None and not rule.all_of:
                for code in rule.any_of:
                    classes[code] = classes.get(code, frozenset()) | {rule.danger}
        return classes

    @cached_property
    def _emergency_triggers(self) -> frozenset[str]:
        return trigger_conditions(self.emergencies)

    @cached_property
    def _hazard_triggers(self) -> frozenset[str]:
        return trigger_conditions(self.hazards)

    def indexes(self) -> CityIndexes:
        """Return the tables of the text indexes, building them if needed."""
        return CityIndexes(self.phrases.compiled, self.keywords.compiled)

    def use_indexes(self, indexes: CityIndexes) -> None:
        """Take text indexes from tables instead of building them."""
        vars(self).update(
            phrases=PhraseIndex(indexes.phrases), keywords=PhraseIndex(indexes.keywords)
        )

    @property
    def has_indexes(self) -> bool:
        """True once both text indexes are there."""
        return {"phrases", "keywords"} <= vars(self).keys()

    def build_indexes(self) -> None:
        """Build the text indexes now instead of on first use."""
        _ = self.phrases, self.text_model, self.keywords, self.dangers_in_other_languages

    def emergency(
        self, service: ServiceType, met: Collection[str]
    ) -> tuple[str, tuple[str, ...]] | None:
        """Return the emergency of a report with the conditions ``met``.

        Returns:
            Code of the first emergency that matches and its conditions, the strongest first; they
            are empty where every report of the kind is an emergency. None for no emergency.
        """
        known = frozenset((*met, *service.implies))
        for emergency in () if self._emergency_triggers.isdisjoint(known) else self.emergencies:
            if evidence := emergency.evidence(known):
                return emergency.code, evidence
        if conditions := service.needs_911_for(known):
            return REFERRED_TO_911, conditions
        return None if service.emergency is None else (service.emergency, ())

    def danger_classes(self, conditions: Iterable[str]) -> frozenset[DangerClass]:
        """Return the classes of danger that some of the conditions can make."""
        classes = self._classes_of_conditions
        return frozenset[DangerClass]().union(*(classes.get(code, ()) for code in conditions))

    def dangers(self, met: Collection[str]) -> tuple[DangerClass, ...]:
        """Return the classes of danger of a report with the conditions ``met``, the worst first."""
        if self._classes_of_conditions.keys().isdisjoint(met):
            return ()
        known, rules = frozenset(met), (*self.emergencies, *self.hazards)
        found = [rule.danger for rule in rules if rule.danger and rule.evidence(known)]
        return tuple(dict.fromkeys(found))

    def hazard(self, met: Collection[str]) -> tuple[str, tuple[str, ...]] | None:
        """Return the first generic hazard that matches with its conditions, or None."""
        if self._hazard_triggers.isdisjoint(met):
            return None
        known = frozenset(met)
        for hazard in self.hazards:
            if evidence := hazard.evidence(known):
                return hazard.code, evidence
        return None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All cities of this router; ``version`` is the hash of the data files."""

    version: str
    jurisdictions: Mapping[str, Jurisdiction]

    @property
    def bureau_codes(self) -> tuple[str, ...]:
        """Codes of the bureaus of all cities, sorted."""
        return tuple(sorted(code for city in self.jurisdictions.values() for code in city.bureaus))

    @property
    def has_indexes(self) -> bool:
        """True once the text indexes of every city are there."""
        return all(city.has_indexes for city in self.jurisdictions.values())

    def indexes(self) -> TextIndexes:
        """Return the tables of all text indexes, building them if needed."""
        return TextIndexes({id_: city.indexes() for id_, city in self.jurisdictions.items()})

    def use_indexes(self, indexes: TextIndexes) -> None:
        """Take the text indexes from tables instead of building them."""
        for id_, city in self.jurisdictions.items():
            city.use_indexes(indexes.cities[id_])


def _keywords(services: Collection[ServiceType]) -> Iterator[tuple[str, str]]:
    for service in services:
        for keywords in (service.keywords, service.extra_keywords):
            for pattern in keywords.with_plurals().all:
                yield service.code, pattern
