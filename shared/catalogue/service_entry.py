"""What the file of a kind may say."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, field_validator, model_validator

from shared.catalogue.entries import Duration, Entry, LocalTextEntry, Metres, Text, Texts, Wordings
from shared.catalogue.service_type import Hazard
from shared.vocabulary import PriorityLevel

Wish = Literal["required", "welcome", "no"]


class KeywordsEntry(Entry):
    """Words by which people name a kind."""

    en: Wordings = Field(min_length=1)
    es: Wordings = Field(min_length=1)


class AlsoSaidEntry(Entry):
    """Words of ours by which people name a kind, beside the city's."""

    en: Wordings = ()
    es: Wordings = ()


class DedupEntry(Entry):
    """When two reports can be one problem; without a group a kind has one of its own."""

    group: Text | None = None
    window: Duration
    radius: Metres


class HazardEntry(Entry):
    """``always``, ``never``, or a list of conditions of which one is enough."""

    rule: Hazard
    conditions: Texts = ()

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: object) -> object:
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

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: object) -> object:
        return {"bureau": data} if isinstance(data, str) else data


class ReferEntry(Entry):
    """An agency that must act, always or when one of some conditions is met.

    The reason is the agency's own where none is given.
    """

    agency: Text
    when: Texts = ()
    reason: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: object) -> object:
        return {"agency": data} if isinstance(data, str) else data


class MeantEntry(Entry):
    """Another kind that the report is about when one condition is met and none of others is."""

    kind: Text
    when: Text
    unless: Texts = ()


class AfterHoursEntry(Entry):
    """Who takes a report while the lead is closed; nobody when left out."""

    bureau: Text | None = None
    agency: Text | None = None
    urgent_only: bool = False
    text: Text | None = None


class NeedsEntry(Entry):
    """What a report must, may or need not say."""

    location: Literal["required", "no"] = "required"
    address: Wish = "no"
    contact: Wish = "no"
    description: Wish = "no"
    photo: Wish = "no"


class SourceEntry(Entry):
    """Where the facts come from."""

    urls: Texts = ()
    sourced: Text

    @model_validator(mode="before")
    @classmethod
    def _short(cls, data: object) -> object:
        return {"sourced": data} if isinstance(data, str) else data


class ServiceEntry(Entry):
    """One kind of request."""

    name: LocalTextEntry
    keywords: KeywordsEntry
    also_said: AlsoSaidEntry = AlsoSaidEntry()
    priority: PriorityLevel
    target: Duration
    dedup: DedupEntry
    hazard: HazardEntry
    implies: Texts = ()
    told_by: Texts = ()
    emergency: Text | None = None
    harmless: Texts = ()
    meant: tuple[MeantEntry, ...] = ()
    lead: Text
    inform: tuple[InformEntry, ...] = ()
    refer: tuple[ReferEntry, ...] = ()
    notes: Texts = ()
    after_hours: AfterHoursEntry = AfterHoursEntry()
    needs: NeedsEntry = NeedsEntry()
    asks: Texts = ()
    insists_on: Texts = ()
    source: SourceEntry
    export_types: Texts = ()

    @field_validator("dedup", mode="before")
    @classmethod
    def _never(cls, data: object) -> object:
        return {"window": "0", "radius": "0"} if data == "never" else data


class ServiceFileEntry(Entry):
    """Kinds that stand under one heading."""

    group: LocalTextEntry
    services: Mapping[str, object] = Field(min_length=1)
