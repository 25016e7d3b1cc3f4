"""What the smaller files of the catalogue may say."""

from collections import Counter
from datetime import timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.catalogue.routing import Hours
from shared.catalogue.units import duration, hours, metres
from shared.text_matching import parse_pattern

AnswerType = Literal[
    "string", "number", "datetime", "text", "singlevaluelist", "multivaluelist", "yes_no"
]


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _separated(value: object) -> object:
    return value.split(", ") if isinstance(value, str) else value


def _once_each(points: dict[int, tuple[str, ...]]) -> dict[int, tuple[str, ...]]:
    times = Counter(word for words in points.values() for word in words)
    for word, count in times.items():
        if count > 1:
            raise ValueError(f"{word} has points twice: keep one")
    return points


def _wording(text: str) -> str:
    parse_pattern(text)
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError("write an IANA time zone such as America/Los_Angeles") from None
    return name


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]
Wordings = Annotated[
    tuple[Annotated[Text, AfterValidator(_wording)], ...], BeforeValidator(_as_list)
]
Words = Annotated[tuple[Text, ...], BeforeValidator(_separated)]
Duration = Annotated[timedelta, BeforeValidator(duration)]
Metres = Annotated[float, BeforeValidator(metres)]
OpeningHours = Annotated[Hours, BeforeValidator(hours)]
Timezone = Annotated[str, AfterValidator(_timezone)]


class Entry(BaseModel):
    """Part of a file; a word that it does not know is a fault."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LocalTextEntry(Entry):
    """A text in every language of the catalogue."""

    en: Text
    es: Text


class HolidaysEntry(Entry):
    """Which public holidays count, in the words of the ``holidays`` library."""

    country: Text
    subdivision: Text | None = None


class DefaultPointEntry(Entry):
    """A coordinate that stands for 'unknown', and why it does."""

    latitude: float = Field(ge=-90, le=90)
    longitude: float = Field(ge=-180, le=180)
    reason: Text


class BureauEntry(Entry):
    """A part of the city; without hours it keeps the city's office hours."""

    name: Text
    phone: Text | None = None
    hours: OpeningHours | None = None


class AgencyEntry(BureauEntry):
    """Somebody outside the city, and the reason for which residents are mostly sent there."""

    url: Text | None = None
    reason: Text | None = None


class OwnerEntry(Entry):
    """Who owns the ground inside the city on which a report lies that meets a condition."""

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
    neighbours: dict[str, AgencyEntry] = {}


class PhrasesEntry(Entry):
    """Wordings per language."""

    en: Wordings = ()
    es: Wordings = ()


class FamilyEntry(Entry):
    """Words that say much the same, per language."""

    en: Texts = Field(min_length=1)
    es: Texts = Field(min_length=1)


class HintsEntry(Entry):
    """Words of one language by their points; those of equal points stand in one line."""

    start: Annotated[int, Field(lt=0)]
    against: Annotated[int, Field(lt=0)] | None = None
    points: Annotated[dict[int, Words], AfterValidator(_once_each)] = Field(min_length=1)


class ConditionEntry(Entry):
    """A fact that answers or phrases state, or at which many words hint together."""

    name: LocalTextEntry
    answers: dict[str, Texts] = {}
    phrases: PhrasesEntry = PhrasesEntry()
    exceptions: PhrasesEntry = Field(default=PhrasesEntry(), alias="except")
    hints: dict[Literal["en", "es"], HintsEntry] = {}
    ends: bool = False
    lasts: bool = False
    past: bool = False
    supposes: bool = False
    event: bool = False


class PerilEntry(Entry):
    """A danger to life or a hazard, by conditions; a danger may be brought about by kinds alone."""

    name: LocalTextEntry
    all_of: Texts = ()
    any_of: Texts = ()


class FieldEntry(Entry):
    """A question that kinds may ask."""

    name: LocalTextEntry
    type: AnswerType = "string"
    values: dict[str, LocalTextEntry] = {}
