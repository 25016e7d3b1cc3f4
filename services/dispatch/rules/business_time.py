"""When the city works, and what comes after so much of its working time."""

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
_FIRST_DAY_OF_WEEKEND = 5
_NOTHING = timedelta(0)


@cache
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


@cache
def _business_days(country: str, subdivision: str | None, year: int) -> Sequence[date]:
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    free = _public_holidays(country, subdivision, year)
    days = map(date.fromordinal, range(first, last + 1))
    return [day for day in days if day.weekday() < _FIRST_DAY_OF_WEEKEND and day not in free]


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Monday to Friday, 08:00 to 17:00 local time, without public holidays.

    A public holiday is one of the ``holidays`` library, days on which it is observed included.
    No time zone here changes its offset between 08:00 and 17:00, so every business day is nine
    hours long.
    """

    zone: ZoneInfo
    country: str
    subdivision: str | None

    def is_holiday(self, day: date) -> bool:
        """Whether the day is a public holiday."""
        return day in _public_holidays(self.country, self.subdivision, day.year)

    def is_business_day(self, day: date) -> bool:
        """Whether the city works on this day."""
        return day.weekday() < _FIRST_DAY_OF_WEEKEND and not self.is_holiday(day)

    def is_open(self, hours: Hours, at: datetime) -> bool:
        """Whether somebody with these hours can be reached; the closing minute is too late.

        On a public holiday only those are there who never close.
        """
        if hours.always:
            return True
        local = at.astimezone(self.zone)
        window = hours.week[local.weekday()]
        if window is None or self.is_holiday(local.date()):
            return False
        opens, closes = window
        return opens <= local.time() < closes

    def after(self, start: datetime, days: int, rest: timedelta = _NOTHING) -> datetime:
        """Return the moment by which so much business time has passed since ``start``, in UTC.

        Args:
            start: From when it counts; outside business hours from the next opening.
            days: Whole business days, of nine hours each.
            rest: Less than one more day: at most nine hours.

        Returns:
            The moment. What fills a day to the end falls on its closing, not on the next opening.
        """
        day, worked = self._position(start.astimezone(self.zone))
        total = worked + rest
        if total > BUSINESS_DAY:
            total, days = total - BUSINESS_DAY, days + 1
        elif not total and days:
            total, days = BUSINESS_DAY, days - 1
        opening = datetime.combine(self._business_day(day, days), OPENS, self.zone)
        return (opening + total).astimezone(UTC)

    def _position(self, local: datetime) -> tuple[date, timedelta]:
        """Return the business day on which counting begins, and how much of it is over."""
        day = local.date()
        if self.is_business_day(day) and local.time() < CLOSES:
            wall = local.replace(tzinfo=None)
            return day, max(_NOTHING, wall - datetime.combine(day, OPENS))
        return self._business_day(day, 1), _NOTHING

    def _business_day(self, day: date, steps: int) -> date:
        """Return the day itself, or the one that comes so many business days after it."""
        if not steps:
            return day
        year = day.year
        days = _business_days(self.country, self.subdivision, year)
        at = bisect_right(days, day) + steps - 1
        while at >= len(days):
            at, year = at - len(days), year + 1
            days = _business_days(self.country, self.subdivision, year)
        return days[at]
