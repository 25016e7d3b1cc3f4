"""Business time: a city's working days, and the moment after so many days and hours of them."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from shared.catalogue import Hours

OPENS = time(8)
CLOSES = time(17)
BUSINESS_DAY = timedelta(hours=9)
_SATURDAY = 5
_ZERO = timedelta(0)


@cache
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


@cache
def _business_days(country: str, subdivision: str | None, year: int) -> Sequence[date]:
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    free = _public_holidays(country, subdivision, year)
    days = map(date.fromordinal, range(first, last + 1))
    return [day for day in days if day.weekday() < _SATURDAY and day not in free]


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Monday to Friday, 08:00 to 17:00 local time, without public holidays.

    Public holidays are those of the ``holidays`` library, observed days included. No time zone
    in use changes its offset between 08:00 and 17:00, so every business day is nine hours long.
    """

    zone: ZoneInfo
    country: str
    subdivision: str | None

    def is_holiday(self, day: date) -> bool:
        """Return True when the day is a public holiday."""
        return day in _public_holidays(self.country, self.subdivision, day.year)

    def is_business_day(self, day: date) -> bool:
        """Return True when the city works on the day."""
        return day.weekday() < _SATURDAY and not self.is_holiday(day)

    def is_open(self, hours: Hours, at: datetime) -> bool:
        """Return True when a bureau of these hours is open; the closing minute is excluded.

        On public holidays only bureaus that never close are open.
        """
        if hours.always:
            return True
        local = at.astimezone(self.zone)
        window = hours.week[local.weekday()]
        if window is None or self.is_holiday(local.date()):
            return False
        opens, closes = window
        return opens <= local.time() < closes

    def after(self, start: datetime, days: int, rest: timedelta = _ZERO) -> datetime:
        """Return the moment when the given business time after ``start`` has passed, in UTC.

        Args:
            start: Start of the clock; outside business hours it starts at the next opening.
            days: Whole business days, of nine hours each.
            rest: Additional business time, from zero to nine hours inclusive.

        Returns:
            The moment. Time that fills a day exactly ends at its closing, not at the next opening.
        """
        day, worked = self._start_of_clock(start.astimezone(self.zone))
        total = worked + rest
        if total > BUSINESS_DAY:
            total, days = total - BUSINESS_DAY, days + 1
        elif not total and days:
            total, days = BUSINESS_DAY, days - 1
        opening = datetime.combine(self._business_day(day, days), OPENS, self.zone)
        return (opening + total).astimezone(UTC)

    def _start_of_clock(self, local: datetime) -> tuple[date, timedelta]:
        """Return the business day of a local time, or the next, and how much of it is over."""
        day = local.date()
        if self.is_business_day(day) and local.time() < CLOSES:
            wall = local.replace(tzinfo=None)
            return day, max(_ZERO, wall - datetime.combine(day, OPENS))
        return self._business_day(day, 1), _ZERO

    def _business_day(self, day: date, steps: int) -> date:
        """Return the business day so many steps after the day; with 0 steps the day itself."""
        if not steps:
            return day
        year = day.year
        days = _business_days(self.country, self.subdivision, year)
        index = bisect_right(days, day) + steps - 1
        while index >= len(days):
            index, year = index - len(days), year + 1
            days = _business_days(self.country, self.subdivision, year)
        return days[index]
