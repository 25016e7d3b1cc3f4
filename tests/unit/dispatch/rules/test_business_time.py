from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.rules.business_time import BUSINESS_DAY, CLOSES, OPENS, BusinessCalendar
from shared.catalogue import Hours
from tests.unit.dispatch.factories import CALENDAR, CITY, LOCAL, local

WEEKDAYS = CITY.bureaus["ROADS"].hours
LATE = CITY.bureaus["PARKING"].hours
moments = st.integers(0, 5 * 365 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@pytest.mark.parametrize(
    ("start", "days", "hours", "end"),
    [
        pytest.param("2026-03-03 10:00", 1, 0, "2026-03-04 10:00", id="a Tuesday to Wednesday"),
        pytest.param("2026-03-06 16:00", 1, 0, "2026-03-09 16:00", id="over the weekend"),
        pytest.param("2026-03-06 16:00", 0, 2, "2026-03-09 09:00", id="two hours over a weekend"),
        pytest.param("2026-03-07 12:00", 1, 0, "2026-03-09 17:00", id="from a Saturday"),
        pytest.param("2026-03-08 23:59", 0, 1, "2026-03-09 09:00", id="from late on Sunday"),
        pytest.param("2026-03-03 06:30", 0, 1, "2026-03-03 09:00", id="before the opening"),
        pytest.param("2026-03-03 08:00", 1, 0, "2026-03-03 17:00", id="a whole day from its start"),
        pytest.param("2026-03-03 16:59", 0, 1, "2026-03-04 08:59", id="in the last minute"),
        pytest.param("2026-03-03 17:00", 0, 1, "2026-03-04 09:00", id="at the closing minute"),
        pytest.param("2026-03-03 16:00", 0, 1, "2026-03-03 17:00", id="to the closing minute"),
        pytest.param("2026-03-03 10:00", 5, 0, "2026-03-10 10:00", id="a working week"),
        pytest.param("2026-03-03 10:00", 0, 9, "2026-03-04 10:00", id="nine hours are a day"),
        pytest.param("2026-03-03 10:00", 0, 0, "2026-03-03 10:00", id="no time at all"),
        pytest.param("2026-03-07 10:00", 0, 0, "2026-03-09 08:00", id="no time from a Saturday"),
        pytest.param("2026-03-03 17:00", 0, 0, "2026-03-04 08:00", id="no time from the closing"),
        pytest.param("2026-07-02 10:00", 1, 0, "2026-07-06 10:00", id="Friday is the Fourth's"),
        pytest.param("2026-11-25 12:00", 1, 0, "2026-11-27 12:00", id="over Thanksgiving"),
        pytest.param("2026-12-24 12:00", 2, 0, "2026-12-29 12:00", id="over Christmas"),
        pytest.param("2027-12-30 12:00", 1, 0, "2028-01-03 12:00", id="a New Year seen on Friday"),
        pytest.param("2026-03-06 16:00", 1, 0, "2026-03-09 16:00", id="over the lost hour"),
        pytest.param("2026-10-30 16:00", 1, 0, "2026-11-02 16:00", id="over the hour given back"),
    ],
)
def test_business_time_passes_on_working_days_between_eight_and_five(
    start: str, days: int, hours: int, end: str
) -> None:
    assert CALENDAR.after(local(start), days, timedelta(hours=hours)) == local(end)


@pytest.mark.parametrize(
    ("start", "end", "real_hours"),
    [
        pytest.param("2026-03-06 16:00", "2026-03-09 16:00", 71, id="spring"),
        pytest.param("2026-10-30 16:00", "2026-11-02 16:00", 73, id="autumn"),
    ],
)
def test_a_weekend_that_changes_the_clock_is_an_hour_shorter_or_longer_in_fact(
    start: str, end: str, real_hours: int
) -> None:
    after = CALENDAR.after(local(start), 1)

    assert after == local(end)
    assert after - local(start).astimezone(UTC) == timedelta(hours=real_hours)
    assert after.tzinfo is UTC


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

    assert not boston.is_business_day(patriots_day)
    assert CALENDAR.is_business_day(patriots_day)


@given(moments, st.integers(0, 40), st.integers(0, 9 * 60))
def test_what_is_due_falls_into_business_hours(start: datetime, days: int, minutes: int) -> None:
    due = CALENDAR.after(start, days, timedelta(minutes=minutes)).astimezone(LOCAL)

    assert CALENDAR.is_business_day(due.date())
    assert OPENS <= due.time() <= CLOSES
    assert due >= start


@given(moments, st.timedeltas(timedelta(0), timedelta(days=10)), st.integers(0, 40))
def test_who_starts_later_is_never_done_earlier(
    start: datetime, later: timedelta, days: int
) -> None:
    assert CALENDAR.after(start, days) <= CALENDAR.after(start + later, days)


@given(moments, st.integers(0, 20), st.integers(0, 9 * 60))
def test_more_work_never_ends_earlier(start: datetime, days: int, minutes: int) -> None:
    rest = timedelta(minutes=minutes)

    assert CALENDAR.after(start, days, rest) <= CALENDAR.after(start, days + 1)
    assert CALENDAR.after(start, days, BUSINESS_DAY) == CALENDAR.after(start, days + 1)
