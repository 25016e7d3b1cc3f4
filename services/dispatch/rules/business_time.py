"""Business time: a city's working days, and the time that a bureau is open."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from shared.catalogue import Hours

_ZERO = timedelta(0)
_A_DAY = timedelta(days=1)


@cache
def _public_holidays(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Time zone and public holidays of a city, observed days included."""

    zone: ZoneInfo
    country: str
    subdivision: str | None

    def is_holiday(self, day: date) -> bool:
        """Return True when the day is a public holiday."""
        return day in _public_holidays(self.country, self.subdivision, day.year)

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


@dataclass(frozen=True, slots=True)
class _OpenYear:
    """Opening times of a bureau in one year, UTC."""

    opens: Sequence[datetime]
    closes: Sequence[datetime]
    # Open time of the year before each opening, and of the whole year at the end.
    before: Sequence[timedelta]


@cache
def _open_year(calendar: BusinessCalendar, hours: Hours, year: int) -> _OpenYear:
    opens: list[datetime] = []
    closes: list[datetime] = []
    before = [_ZERO]
    day = date(year, 1, 1)
    while day.year == year:
        window = hours.week[day.weekday()]
        if window is not None and not calendar.is_holiday(day):
            begins, ends = (
                datetime.combine(day, each, calendar.zone).astimezone(UTC) for each in window
            )
            opens.append(begins)
            closes.append(ends)
            before.append(before[-1] + (ends - begins))
        day += _A_DAY
    return _OpenYear(opens, closes, before)


@dataclass(frozen=True, slots=True)
class OpenTime:
    """Business-hours clock: it stands still while the bureau is closed.

    A bureau that never closes has no holidays. One that is open while the clocks change has an hour
    more or less that day.
    """

    calendar: BusinessCalendar
    hours: Hours

    def after(self, start: datetime, duration: timedelta) -> datetime:
        """Return the moment after so much open time since ``start``, UTC.

        Open time that ends with a day ends at its closing, not at the next opening.
        """
        start = start.astimezone(UTC)
        if self.hours.always or not duration:
            return start + duration
        year, passed = self._position(start)
        passed += duration
        while passed > (table := self._year(year)).before[-1]:
            year, passed = year + 1, passed - table.before[-1]
        index = bisect_left(table.before, passed) - 1
        return table.opens[index] + (passed - table.before[index])

    def between(self, start: datetime, end: datetime) -> timedelta:
        """Return the open time from ``start`` to ``end``; zero when ``end`` is earlier."""
        start, end = start.astimezone(UTC), end.astimezone(UTC)
        if end <= start:
            return _ZERO
        if self.hours.always:
            return end - start
        (year, passed), (last, until) = self._position(start), self._position(end)
        return sum((self._year(y).before[-1] for y in range(year, last)), until - passed)

    def after_days(self, start: datetime, days: int) -> datetime:
        """Return the moment so many working days, at least one, after ``start``, in UTC.

        It is as far into its day as ``start`` is into its own, at the latest at the closing. A
        start outside the hours counts from the next opening, and the days are full ones: they end
        at a closing. For a bureau that never closes a working day has 24 hours.
        """
        start = start.astimezone(UTC)
        if self.hours.always:
            return start + days * _A_DAY
        year = start.astimezone(self.calendar.zone).year
        table = self._year(year)
        index = bisect_right(table.opens, start) - 1
        into_day = start - table.opens[index] if index >= 0 else _A_DAY
        if index < 0 or start >= table.closes[index]:
            into_day, index = _A_DAY, index + days
        elif not into_day:
            into_day, index = _A_DAY, index + days - 1
        else:
            index += days
        while index >= len((table := self._year(year)).opens):
            year, index = year + 1, index - len(table.opens)
        return min(table.opens[index] + into_day, table.closes[index])

    def _position(self, at: datetime) -> tuple[int, timedelta]:
        """Return the local year of a moment, and the open time of that year until then."""
        year = at.astimezone(self.calendar.zone).year
        table = self._year(year)
        index = bisect_right(table.opens, at) - 1
        if index < 0:
            return year, _ZERO
        return year, table.before[index] + min(at, table.closes[index]) - table.opens[index]

    def _year(self, year: int) -> _OpenYear:
        return _open_year(self.calendar, self.hours, year)
