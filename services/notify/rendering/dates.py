"""Rule: days in words, in the reader's form and the city's time."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime

from shared.vocabulary import is_plausible

_SPANISH: Mapping[bool, str] = MappingProxyType(
    {
        False: "EEEE d 'de' MMMM",  # no comma, for it follows "el"
        True: "d 'de' MMMM",  # without "sáb", whose á would lengthen a text message
    }
)


def day_in_words(
    moment: datetime | None, zone: ZoneInfo, language: str, *, short: bool = False
) -> str | None:
    """Return a coming day with its weekday, without the year; None for an implausible moment.

    Args:
        moment: A moment of the day.
        zone: The city's time zone.
        language: BCP 47 tag.
        short: True for a text message.
    """
    if moment is None or not is_plausible(moment):
        return None
    pattern = _SPANISH[short] if language == "es" else _pattern(language, short=short)
    return format_datetime(moment, pattern, tzinfo=zone, locale=language)


def past_day_in_words(
    moment: datetime | None, zone: ZoneInfo, language: str, *, short: bool = False
) -> str | None:
    """Return a past day with its year; None for an implausible moment.

    Args:
        moment: A moment of the day.
        zone: The city's time zone.
        language: BCP 47 tag.
        short: True for a text message.
    """
    if moment is None or not is_plausible(moment):
        return None
    return format_date(moment.astimezone(zone), "medium" if short else "long", locale=language)


@cache
def _pattern(language: str, *, short: bool) -> str:
    """Return the language's pattern of weekday, day and month, with whole names unless short.

    CLDR has the short one; the longer names take its fields' places
    (https://unicode.org/reports/tr35/tr35-dates.html#Matching_Skeletons).
    """
    pattern: str = Locale.parse(language).datetime_skeletons["MMMEd"].pattern
    if short:
        return pattern
    return re.sub("MMM", "MMMM", re.sub(r"([Ec])\1*", "EEEE", pattern))
