"""Entries of the files of service types."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from shared.catalogue.field_types import (
    Duration,
    Entry,
    LocalTextEntry,
    Metres,
    Patterns,
    PhrasesEntry,
    Text,
    Texts,
)
from shared.catalogue.service_type import HazardMode
from shared.vocabulary import PriorityLevel

Requirement = Literal["required", "welcome", "no"]


def _short_form(key: str) -> BeforeValidator:
    """Accept a text alone in place of an entry with this key."""
    return BeforeValidator(lambda data: {key: data} if isinstance(data, str) else data)


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
    """An agency that must act; the reason defaults to the agency's own."""

    agency: Text
    when: Texts = ()
    reason: Text | None = None


class AlternativeEntry(Entry):
    """A kind that fits better when one condition is met and none of others is."""

    kind: Text
    when: Text
    unless: Texts = ()


class GuessEntry(Entry):
    """A kind that a text is guessed to be instead; see ``ServiceType.guess``."""

    kind: Text
    when: Texts = ()
    unless: Texts = ()


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
    """Fields of ``ServiceType``.

    Attributes:
        target: Time until solved or, with an outside lead, until the agency has it.
        dedup: Limits of deduplication, or ``never``.
    """

    name: LocalTextEntry
    keywords: KeywordsEntry
    extra_keywords: PhrasesEntry = PhrasesEntry()
    priority: PriorityLevel
    target: Duration
    dedup: DedupEntry
    hazard: HazardEntry
    implies: Texts = ()
    emergency: Text | None = None
    harmless: Texts = ()
    alternatives: tuple[AlternativeEntry, ...] = ()
    guess: GuessEntry | None = None
    lead: Text
    hazard_lead: Text | None = None
    inform: tuple[Annotated[InformEntry, _short_form("bureau")], ...] = ()
    refer: tuple[Annotated[ReferEntry, _short_form("agency")], ...] = ()
    notes: Texts = ()
    needs: NeedsEntry = NeedsEntry()
    attributes: Texts = ()
    required_attributes: Texts = ()
    private: bool = False
    source: Annotated[SourceEntry, _short_form("sourced")]
    export_types: Texts = ()

    @field_validator("dedup", mode="before")
    @classmethod
    def _never(cls, data: object) -> object:
        return {"window": "0", "radius": "0"} if data == "never" else data


class ServiceFileEntry(Entry):
    """The service types under one heading."""

    group: LocalTextEntry
    services: Mapping[str, object] = Field(min_length=1)
