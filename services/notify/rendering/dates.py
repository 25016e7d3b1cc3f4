"""Rule: days in words, in the reader's form and the city's time."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class DaysInWords:
    """Dates in one reader's language; None for an implausible moment."""

    zone: ZoneInfo
    language: str

    def coming(self, moment: datetime | None, *, short: bool = False) -> str | None:
        """Return the weekday and day without the year; ``short`` for a text message."""
        if moment is None or not is_plausible(moment):
            return None
        is_spanish = self.language == "es"
        pattern = _SPANISH[short] if is_spanish else _pattern(self.language, short=short)
        return format_datetime(moment, pattern, tzinfo=self.zone, locale=self.language)

    def past(self, moment: datetime | None, *, short: bool = False) -> str | None:
        """Return the day of a moment with its year; arguments as for ``coming``."""
        if moment is None or not is_plausible(moment):
            return None
        length = "medium" if short else "long"
        return format_date(moment.astimezone(self.zone), length, locale=self.language)


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
