"""Entries of a jurisdiction's files: city, bureaus, agencies, conditions and service types."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shared.catalogue.field_types import (
    Duration,
    Entry,
    Latitude,
    LocalTextEntry,
    Longitude,
    Metres,
    OpeningHours,
    Patterns,
    PhrasesEntry,
    Text,
    Texts,
    Timezone,
)
from shared.catalogue.service_type import HazardMode
from shared.vocabulary import PriorityLevel

AnswerType = Literal[
    "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist", "yes_no"
]
Requirement = Literal["required", "welcome", "no"]


def _as_bureau(data: object) -> object:
    return {"bureau": data} if isinstance(data, str) else data


def _as_agency(data: object) -> object:
    return {"agency": data} if isinstance(data, str) else data


def _as_sourced(data: object) -> object:
    return {"sourced": data} if isinstance(data, str) else data


class HolidaysEntry(Entry):
    """Public holidays, as arguments of the ``holidays`` library."""

    country: Text
    subdivision: Text | None = None


class DefaultPointEntry(Entry):
    """A coordinate that stands for "unknown" in the city's systems, with the reason."""

    latitude: Latitude
    longitude: Longitude
    reason: Text


class BureauEntry(Entry):
    """A part of the city; its hours default to the city's office hours."""

    name: Text
    phone: Text | None = None
    hours: OpeningHours | None = None


class AgencyEntry(BureauEntry):
    """An agency outside the city with the default reason of its referrals."""

    url: Text | None = None
    reason: Text | None = None


class OwnerEntry(Entry):
    """Owner of land inside the city on which a report lies that meets a condition."""

    when: Texts = Field(min_length=1)
    agency: Text
    reason: Text
    kinds: Texts = Field(min_length=1)


class JurisdictionEntry(Entry):
    """A city."""

    name: Text
    timezone: Timezone
    languages: Texts = Field(min_length=1)
    holidays: HolidaysEntry
    phone: Text
    office_hours: OpeningHours
    other: Text
    default_points: tuple[DefaultPointEntry, ...] = ()
    neighbours: dict[str, AgencyEntry] = Field(default_factory=dict)


class FamilyEntry(Entry):
    """A family of words that patterns use by name, by language."""

    en: Texts = Field(min_length=1)
    es: Texts = Field(min_length=1)


class ConditionEntry(Entry):
    """A fact that attributes or phrases state, or that the text model predicts."""

    name: LocalTextEntry
    answers: dict[str, Texts] = Field(default_factory=dict)
    phrases: PhrasesEntry = PhrasesEntry()
    exceptions: PhrasesEntry = Field(default=PhrasesEntry(), alias="except")
    retracts: bool = False
    persists: bool = False
    past: bool = False
    hypothetical: bool = False
    event: bool = False


class HazardRuleEntry(Entry):
    """An emergency or a generic hazard; kinds alone may bring an emergency about."""

    name: LocalTextEntry
    all_of: Texts = ()
    any_of: Texts = ()


class FieldEntry(Entry):
    """A question that service types may ask."""

    name: LocalTextEntry
    type: AnswerType = "string"
    values: dict[str, LocalTextEntry] = Field(default_factory=dict)


class KeywordsEntry(Entry):
    """Patterns by which texts name a kind."""

    en: Patterns = Field(min_length=1)
    es: Patterns = Field(min_length=1)


class DedupEntry(Entry):
    """Limits of deduplication; a kind without a group has one of its own."""

    group: Text | None = None
    window: Duration
    radius: Metres


class HazardEntry(Entry):
    """``always``, ``never``, or a list of conditions of which one is enough."""

    rule: HazardMode
    conditions: Texts = ()

    @model_validator(mode="before")
    @classmethod
    def _expand(cls, data: object) -> object:
        if isinstance(data, list):
            if not data:
                raise ValueError("name one condition at least, or write never")
            return {"rule": "if", "conditions": data}
        if data in ("always", "never"):
            return {"rule": data}
        raise ValueError("write always, never, or a list of conditions")


class InformEntry(Entry):
    """A bureau to inform, always or when one of some conditions is met."""

    bureau: Text
    when: Texts = ()


class ReferEntry(Entry):
    """An agency that must act, always or when one of some conditions is met.

    The reason defaults to the agency's own.
    """

    agency: Text
    when: Texts = ()
    reason: Text | None = None


class AlternativeEntry(Entry):
    """A kind that fits better when one condition is met and none of others is."""

    kind: Text
    when: Text
    unless: Texts = ()


class AfterHoursEntry(Entry):
    """Routing while the lead is closed; without it the report is queued."""

    bureau: Text | None = None
    agency: Text | None = None
    urgent_only: bool = False
    text: Text | None = None


class NeedsEntry(Entry):
    """Required and optional parts of a submission."""

    location: Literal["required", "no"] = "required"
    address: Requirement = "no"
    contact: Requirement = "no"
    description: Requirement = "no"
    photo: Requirement = "no"


class SourceEntry(Entry):
    """Sources of the facts."""

    urls: Texts = ()
    sourced: Text


class ServiceEntry(Entry):
    """A kind of request."""

    name: LocalTextEntry
    keywords: KeywordsEntry
    extra_keywords: PhrasesEntry = PhrasesEntry()
    priority: PriorityLevel
    target: Duration
    dedup: DedupEntry
    hazard: HazardEntry
    implies: Texts = ()
    implied_by: Texts = ()
    emergency: Text | None = None
    harmless: Texts = ()
    alternatives: tuple[AlternativeEntry, ...] = ()
    lead: Text
    inform: tuple[Annotated[InformEntry, BeforeValidator(_as_bureau)], ...] = ()
    refer: tuple[Annotated[ReferEntry, BeforeValidator(_as_agency)], ...] = ()
    notes: Texts = ()
    after_hours: AfterHoursEntry = AfterHoursEntry()
    needs: NeedsEntry = NeedsEntry()
    attributes: Texts = ()
    required_attributes: Texts = ()
    source: Annotated[SourceEntry, BeforeValidator(_as_sourced)]
    export_types: Texts = ()

    @field_validator("dedup", mode="before")
    @classmethod
    def _never(cls, data: object) -> object:
        return {"window": "0", "radius": "0"} if data == "never" else data


class ServiceFileEntry(Entry):
    """The service types under one heading."""

    group: LocalTextEntry
    services: Mapping[str, object] = Field(min_length=1)
