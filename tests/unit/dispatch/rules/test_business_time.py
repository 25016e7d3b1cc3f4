from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.rules.business_time import BusinessCalendar, OpenTime
from shared.catalogue import Hours
from tests.support.dispatch.factories import CALENDAR, CITY, OPEN_TIME, local

WEEKDAYS = CITY.bureaus["ROADS"].hours
LATE = CITY.bureaus["PARKING"].hours
ALWAYS = Hours.around_the_clock()
NIGHTS = Hours(always=False, week=((time(0), time(9)),) * 7)
moments = st.integers(0, 5 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@pytest.mark.parametrize(
    ("start", "days", "end"),
    [
        pytest.param("2026-03-03 10:00", 1, "2026-03-04 10:00", id="a Tuesday to Wednesday"),
        pytest.param("2026-03-06 16:00", 1, "2026-03-09 16:00", id="over the weekend"),
        pytest.param("2026-03-07 12:00", 1, "2026-03-09 17:00", id="from a Saturday"),
        pytest.param("2026-03-03 08:00", 1, "2026-03-03 17:00", id="a whole day from its start"),
        pytest.param("2026-03-03 17:00", 1, "2026-03-04 17:00", id="from the closing minute"),
        pytest.param("2026-03-03 06:00", 1, "2026-03-03 17:00", id="before the opening"),
        pytest.param("2026-03-03 10:00", 5, "2026-03-10 10:00", id="a working week"),
        pytest.param("2026-07-02 10:00", 1, "2026-07-06 10:00", id="Friday is the Fourth's"),
        pytest.param("2026-11-25 12:00", 1, "2026-11-27 12:00", id="over Thanksgiving"),
        pytest.param("2026-12-24 12:00", 2, "2026-12-29 12:00", id="over Christmas"),
        pytest.param("2027-12-30 12:00", 1, "2028-01-03 12:00", id="a New Year seen on Friday"),
        pytest.param("2026-01-01 12:00", 1, "2026-01-02 17:00", id="before a year's first day"),
        pytest.param("2026-03-06 16:00", 1, "2026-03-09 16:00", id="over the lost hour"),
        pytest.param("2026-10-30 16:00", 1, "2026-11-02 16:00", id="over the hour given back"),
    ],
)
def test_working_days_pass_while_the_city_works(start: str, days: int, end: str) -> None:
    after = OPEN_TIME.after_days(local(start), days)

    assert after == local(end)
    assert after.tzinfo is UTC


@pytest.mark.parametrize(
    ("hours", "start", "open_hours", "end"),
    [
        pytest.param(WEEKDAYS, "2026-03-06 16:00", 2, "2026-03-09 09:00", id="over a weekend"),
        pytest.param(WEEKDAYS, "2026-03-08 23:59", 1, "2026-03-09 09:00", id="late on Sunday"),
        pytest.param(WEEKDAYS, "2026-03-03 06:30", 1, "2026-03-03 09:00", id="before opening"),
        pytest.param(WEEKDAYS, "2026-03-03 16:59", 1, "2026-03-04 08:59", id="last minute"),
        pytest.param(WEEKDAYS, "2026-03-03 17:00", 1, "2026-03-04 09:00", id="closing minute"),
        pytest.param(WEEKDAYS, "2026-03-03 16:00", 1, "2026-03-03 17:00", id="to the closing"),
        pytest.param(WEEKDAYS, "2026-12-31 16:00", 2, "2027-01-04 09:00", id="over New Year"),
        pytest.param(LATE, "2026-03-03 16:00", 8, "2026-03-04 07:00", id="hours of its own"),
        pytest.param(NIGHTS, "2026-03-07 23:00", 8, "2026-03-08 09:00", id="over the lost hour"),
        pytest.param(NIGHTS, "2026-10-31 23:00", 8, "2026-11-01 07:00", id="hour given back"),
        pytest.param(ALWAYS, "2026-03-07 23:00", 8, "2026-03-08 08:00", id="always, in spring"),
        pytest.param(ALWAYS, "2026-11-25 23:00", 24, "2026-11-26 23:00", id="no holidays"),
    ],
)
def test_hours_pass_while_the_bureau_is_open(
    hours: Hours, start: str, open_hours: int, end: str
) -> None:
    clock, duration = OpenTime(CALENDAR, hours), timedelta(hours=open_hours)

    assert clock.after(local(start), duration) == local(end)
    assert clock.between(local(start), local(end)) == duration


def test_a_bureau_with_longer_saturdays_is_due_as_far_into_them() -> None:
    assert OpenTime(CALENDAR, LATE).after_days(local("2026-03-06 07:00"), 1) == local(
        "2026-03-07 07:00"
    )


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        pytest.param(WEEKDAYS, "2026-03-03 08:00", True, id="at the opening"),
        pytest.param(WEEKDAYS, "2026-03-03 07:59", False, id="before it"),
        pytest.param(WEEKDAYS, "2026-03-03 16:59", True, id="in the last minute"),
        pytest.param(WEEKDAYS, "2026-03-03 17:00", False, id="at the closing"),
        pytest.param(WEEKDAYS, "2026-03-07 12:00", False, id="on a Saturday"),
        pytest.param(LATE, "2026-03-07 22:00", True, id="on a Saturday, when that is a day"),
        pytest.param(LATE, "2026-03-08 12:00", False, id="on a Sunday, when that is none"),
        pytest.param(WEEKDAYS, "2026-11-26 12:00", False, id="on a holiday"),
        pytest.param(LATE, "2026-11-26 12:00", False, id="on a holiday, with other hours"),
        pytest.param(Hours.around_the_clock(), "2026-11-26 03:00", True, id="never closed"),
    ],
)
def test_somebody_is_there_within_the_hours_and_on_holidays_only_who_never_closes(
    hours: Hours, at: str, is_open: bool
) -> None:
    assert CALENDAR.is_open(hours, local(at).astimezone(UTC)) is is_open


def test_a_calendar_keeps_the_holidays_of_its_own_place() -> None:
    patriots_day = date(2026, 4, 20)
    boston = BusinessCalendar(ZoneInfo("America/New_York"), "US", "MA")

    assert boston.is_holiday(patriots_day)
    assert not CALENDAR.is_holiday(patriots_day)


clocks = st.sampled_from([OpenTime(CALENDAR, each) for each in (WEEKDAYS, LATE, NIGHTS, ALWAYS)])
spans = st.timedeltas(timedelta(0), timedelta(days=40))


@given(clocks, moments, st.timedeltas(timedelta(seconds=1), timedelta(days=40)))
def test_between_measures_what_after_adds(
    clock: OpenTime, start: datetime, duration: timedelta
) -> None:
    end = clock.after(start, duration)

    assert clock.between(start, end) == duration
    assert end >= start + duration
    assert clock.between(start, end - timedelta.resolution) < duration


@given(clocks, moments, spans, spans)
def test_open_time_adds_up(
    clock: OpenTime, start: datetime, first: timedelta, second: timedelta
) -> None:
    middle, end = start + first, start + first + second

    parts = clock.between(start, middle) + clock.between(middle, end)

    assert parts == clock.between(start, end) <= first + second


@given(clocks, moments, spans, st.integers(1, 40))
def test_who_starts_later_is_never_done_earlier(
    clock: OpenTime, start: datetime, later: timedelta, days: int
) -> None:
    assert start < clock.after_days(start, days) <= clock.after_days(start + later, days)
    assert clock.after_days(start, days) < clock.after_days(start, days + 1)
