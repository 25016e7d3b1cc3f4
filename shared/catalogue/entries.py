"""Entries of a jurisdiction's smaller files: city, bureaus, agencies and conditions."""

from typing import Annotated, Literal, get_args

from pydantic import Field

from shared.catalogue.city_pages import CityPagesEntry
from shared.catalogue.field_types import (
    Entry,
    Latitude,
    LocalTextEntry,
    Longitude,
    MailAddress,
    OpeningHours,
    PhrasesEntry,
    Text,
    Texts,
    Timezone,
)
from shared.catalogue.forwarding import ForwardEntry
from shared.vocabulary import DangerClass, FourEyesRule, Language, PublicTexts

AnswerType = Literal[
    "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist", "yes_no"
]


class HolidaysEntry(Entry):
    """Public holidays, as arguments of the ``holidays`` library."""

    country: Text
    subdivision: Text | None = None


class DefaultPointEntry(Entry):
    """A coordinate that stands for "unknown" in the city's systems, with the reason."""

    latitude: Latitude
    longitude: Longitude
    reason: Text


class _PartyEntry(Entry):
    """Name, telephone number and hours of a bureau or agency."""

    name: Text
    phone: Text | None = None
    hours: OpeningHours | None = None


class BureauEntry(_PartyEntry):
    """Fields of ``Bureau``; its hours default to the city's office hours."""

    escalates_to: Text | None = None
    publish_photos: bool = False
    forward: ForwardEntry | None = None


class AgencyEntry(_PartyEntry):
    """An agency outside the city with the default reason of its referrals.

    Attributes:
        called: Of a neighbour the names of cities by which addresses mean it.
    """

    url: Text | None = None
    reason: Text | None = None
    called: tuple[Text, ...] = ()


class OwnerEntry(Entry):
    """Fields of ``Owner``."""

    when: Texts = Field(min_length=1)
    agency: Text
    reason: Text
    kinds: Texts = Field(min_length=1)


class JurisdictionEntry(Entry):
    """Fields of ``Jurisdiction``.

    Attributes:
        pages: Title and colour of the pages; None for the city's name and the default colour.
        alarm_budget: Fraction of random reports that may be classified urgent, between 0 and 1;
            None for the text model's own threshold.
        alarm_budgets: Overrides of ``alarm_budget`` by language.
        unsure_below: Probability below which the kind of a text is unsure.
        public_texts: Which texts of residents the public reads without an operator's release.
        four_eyes: What takes effect only once a second person approves it.
    """

    name: Text
    timezone: Timezone
    languages: Texts = Field(min_length=1)
    holidays: HolidaysEntry
    phone: Text
    office_hours: OpeningHours
    other: Text
    default_points: tuple[DefaultPointEntry, ...] = ()
    inbound_mail: tuple[MailAddress, ...] = ()
    monthly_report: tuple[MailAddress, ...] = ()
    neighbours: dict[str, AgencyEntry] = Field(default_factory=dict)
    pages: CityPagesEntry | None = None
    basemap: Text | None = None
    alarm_budget: float | None = Field(default=None, gt=0, lt=1)
    alarm_budgets: dict[Language, Annotated[float, Field(gt=0, lt=1)]] = Field(default_factory=dict)
    unsure_below: float = Field(default=0.45, ge=0, le=1)
    public_texts: PublicTexts = "screened"
    four_eyes: tuple[FourEyesRule, ...] = get_args(FourEyesRule)


class FamilyEntry(Entry):
    """A family of words that patterns use by name, by language."""

    en: Texts = Field(min_length=1)
    es: Texts = Field(min_length=1)


class ConditionEntry(Entry):
    """Fields of ``Condition``; ``answers`` are its ``attributes``."""

    name: LocalTextEntry
    answers: dict[str, Texts] = Field(default_factory=dict)
    phrases: PhrasesEntry = PhrasesEntry()
    exceptions: PhrasesEntry = Field(default=PhrasesEntry(), alias="except")
    retracts: bool = False
    persists: bool = False
    past: bool = False
    hypothetical: bool = False
    event: bool = False
    plain: bool = False


class HazardRuleEntry(Entry):
    """Fields of ``HazardRule``; without conditions it is an emergency of kinds alone."""

    name: LocalTextEntry
    danger: DangerClass | None = None
    all_of: Texts = ()
    any_of: Texts = ()


class FieldEntry(Entry):
    """A question that service types may ask."""

    name: LocalTextEntry
    type: AnswerType = "string"
    values: dict[str, LocalTextEntry] = Field(default_factory=dict)
