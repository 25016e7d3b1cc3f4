"""Field types of the catalogue's entries: texts, durations, distances, shares and hours."""

import re
from datetime import time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from shared.catalogue.service_type import DAYS, Hours
from shared.email_address import normalize_email
from shared.text_matching import parse_pattern

_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_DURATION = re.compile(r"(\d+(?:\.\d+)?) ?(min|h|d)")
_METRES = re.compile(r"(\d+(?:\.\d+)?) ?m")
_PERCENT = re.compile(r"(\d+(?:\.\d+)?) ?%")
_OPENING = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")


def _match(pattern: re.Pattern[str], text: object, advice: str) -> re.Match[str]:
    match = pattern.fullmatch(str(text))
    if match is None:
        raise ValueError(f"write {advice}")
    return match


def duration(text: object) -> timedelta:
    """Parse ``15 min``, ``48 h``, ``30 d`` or ``0``."""
    if text == "0":
        return timedelta(0)
    match = _match(_DURATION, text, "a duration such as 15 min, 48 h, 30 d or 0")
    return float(match[1]) * _UNITS[match[2]]


def metres(text: object) -> float:
    """Parse ``50 m`` or ``0``."""
    return 0.0 if text == "0" else float(_match(_METRES, text, "a distance such as 50 m or 0")[1])


def share(text: object) -> float:
    """Parse ``50 %`` or ``0`` as a fraction of 1."""
    return (
        0.0 if text == "0" else float(_match(_PERCENT, text, "a share such as 50 % or 0")[1]) / 100
    )


def hours(data: object) -> Hours:
    """Parse ``24/7``, or a mapping such as ``{mon-fri: 08:00-17:00, sat: 09:00-12:00}``."""
    if data == "24/7":
        return Hours.around_the_clock()
    if not isinstance(data, dict) or not data:
        raise ValueError("write 24/7, or days and times such as {mon-fri: 08:00-17:00}")
    week: list[tuple[time, time] | None] = [None] * len(DAYS)
    for span, opening in data.items():
        for day in days(str(span)):
            week[day] = _opening(str(opening))
    return Hours(always=False, week=tuple(week))


def days(text: str) -> range:
    """Parse a day such as ``sat``, or a span such as ``mon-fri``, as numbers from 0 for Monday."""
    first, _, last = text.partition("-")
    if first not in DAYS or (last or first) not in DAYS:
        raise ValueError(f"write days as {', '.join(DAYS)}, or a span such as mon-fri")
    return range(DAYS.index(first), DAYS.index(last or first) + 1)


def clock_times(text: str) -> tuple[time, time]:
    """Parse two times of a day, such as ``22:00-07:00``."""
    match = _match(_OPENING, text, "hours of a day such as 08:00-17:00")
    return time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))


def _opening(text: str) -> tuple[time, time]:
    opens, closes = clock_times(text)
    if opens >= closes:
        raise ValueError("the opening must come before the closing on the same day")
    return opens, closes


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _pattern(text: str) -> str:
    parse_pattern(text)
    return text


def _timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        raise ValueError("write an IANA time zone such as America/Los_Angeles") from None
    return name


def _mail_address(text: str) -> str:
    """Return the address, which has no plus: replies carry a tag after one."""
    if normalize_email(text) is None or "+" in text:
        raise ValueError("write an address such as 311@example.gov, without a plus")
    return text


Text = Annotated[str, Field(min_length=1)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(_as_list)]
Patterns = Annotated[
    tuple[Annotated[Text, AfterValidator(_pattern)], ...], BeforeValidator(_as_list)
]
Duration = Annotated[timedelta, BeforeValidator(duration)]
Metres = Annotated[float, BeforeValidator(metres)]
Share = Annotated[float, BeforeValidator(share)]
OpeningHours = Annotated[Hours, BeforeValidator(hours)]
Timezone = Annotated[str, AfterValidator(_timezone)]
MailAddress = Annotated[str, AfterValidator(_mail_address)]
Latitude = Annotated[float, Field(ge=-90, le=90)]
Longitude = Annotated[float, Field(ge=-180, le=180)]


class Entry(BaseModel):
    """A part of a file; unknown keys are invalid."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class LocalTextEntry(Entry):
    """A text in every language of the catalogue."""

    en: Text
    es: Text


class PhrasesEntry(Entry):
    """Patterns by language."""

    en: Patterns = ()
    es: Patterns = ()
