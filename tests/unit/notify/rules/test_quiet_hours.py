from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.rules.daily_limit import QuietHours, quiet_until

PORTLAND = ZoneInfo("America/Los_Angeles")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NIGHT = QuietHours(time(21), time(8))
MOMENTS = st.integers(0, 2 * 365 * 24 * 60).map(lambda n: BEGIN + timedelta(minutes=n))
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0))


@pytest.mark.parametrize(
    ("local", "until"),
    [
        pytest.param("2026-11-27T20:59:59", None, id="before"),
        pytest.param("2026-11-27T21:00", "2026-11-28T08:00", id="their first minute"),
        pytest.param("2026-11-28T03:38", "2026-11-28T08:00", id="after midnight"),
        pytest.param("2026-11-28T08:00", None, id="their end"),
        pytest.param("2026-03-07T23:00", "2026-03-08T08:00", id="the clock goes forward"),
    ],
)
def test_a_night_ends_at_eight_in_the_citys_time(local: str, until: str | None) -> None:
    found = quiet_until(datetime.fromisoformat(local).replace(tzinfo=PORTLAND), PORTLAND, NIGHT)

    assert found == (until and datetime.fromisoformat(until).replace(tzinfo=PORTLAND))


@given(MOMENTS, TIMES, TIMES)
def test_what_waits_goes_out_at_the_next_end_and_waits_no_more(
    moment: datetime, start: time, end: time
) -> None:
    hours = QuietHours(start, end)
    until = quiet_until(moment, PORTLAND, hours)

    if until is None:
        assert not hours.includes(moment.astimezone(PORTLAND).time())
    else:
        assert moment < until <= moment + timedelta(hours=25)
        assert until.astimezone(PORTLAND).time() == end or _is_skipped(end, until)
        assert start == end or not hours.includes(end)


def _is_skipped(end: time, until: datetime) -> bool:
    """Return True for an end that the clock going forward jumps over on that day."""
    local = datetime.combine(until.astimezone(PORTLAND).date(), end, PORTLAND)
    return local.astimezone(UTC).astimezone(PORTLAND).time() != end
