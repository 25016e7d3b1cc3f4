from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.rules.event_time import event_time, sent_at
from tests.support.builders import NOON

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
PACIFIC = timezone(timedelta(hours=-8))
AHEAD = timezone(timedelta(hours=14))


@pytest.mark.parametrize(
    ("observed_at", "counts"),
    [
        pytest.param(NOON, NOON, id="just now"),
        pytest.param(NOON + SECOND, NOON, id="after it was handed in"),
        pytest.param(NOON - 30 * DAY, NOON - 30 * DAY, id="30 days before"),
        pytest.param(NOON - 30 * DAY - SECOND, NOON, id="more than 30 days before"),
        pytest.param(None, NOON, id="nobody said"),
        pytest.param(datetime.min.replace(tzinfo=AHEAD), NOON, id="before all years in UTC"),
        pytest.param(datetime.max.replace(tzinfo=PACIFIC), NOON, id="after all years in UTC"),
    ],
)
def test_an_observation_counts_within_the_30_days_before_it_was_handed_in(
    observed_at: datetime | None, counts: datetime
) -> None:
    assert event_time(observed_at, NOON) == counts


def test_moments_are_told_in_utc() -> None:
    seen = (NOON - HOUR).astimezone(PACIFIC)
    stated = sent_at(NOON.astimezone(PACIFIC).isoformat(), NOON)

    assert event_time(seen, NOON).tzinfo is UTC
    assert stated is not None
    assert (stated.moment, stated.moment.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    ("stated", "moment", "replaced"),
    [
        pytest.param(None, NOON, False, id="no time is the arrival"),
        pytest.param("2026-03-02T11:59:00Z", NOON - 60 * SECOND, False, id="the past"),
        pytest.param("2026-03-02t11:59:00.5z", NOON - 59.5 * SECOND, False, id="small letters"),
        pytest.param("2026-03-02T12:00:00.123456789Z", None, False, id="nanoseconds"),
        pytest.param("2011-07-01T00:00:00-04:00", None, False, id="years ago"),
        pytest.param("2026-03-02T13:00:00Z", NOON + HOUR, False, id="an hour ahead"),
        pytest.param("2026-03-02T13:00:01Z", NOON, True, id="more than an hour ahead"),
        pytest.param("9999-12-31T23:59:59-12:00", NOON, True, id="the end of time"),
        pytest.param(NOON, NOON, False, id="a moment already"),
    ],
)
def test_the_envelopes_time_is_taken_unless_it_lies_over_an_hour_ahead(
    stated: object, moment: datetime | None, replaced: bool
) -> None:
    sent = sent_at(stated, NOON)

    assert sent is not None
    assert moment is None or sent.moment == moment
    assert sent.replaced == replaced


@pytest.mark.parametrize(
    "stated",
    [
        pytest.param("2026-03-02T11:59:00", id="without offset"),
        pytest.param("2026-03-02", id="a day"),
        pytest.param("yesterday", id="a word"),
        pytest.param("", id="nothing"),
        pytest.param(1772452740, id="a number"),
        pytest.param(["2026-03-02T11:59:00Z"], id="a list"),
        pytest.param("1969-12-31T23:59:59Z", id="before all computers"),
        pytest.param("0001-01-01T00:00:00+14:00", id="the beginning of time"),
    ],
)
def test_what_is_no_moment_with_an_offset_is_no_time(stated: object) -> None:
    assert sent_at(stated, NOON) is None


@given(st.datetimes(timezones=st.just(UTC) | st.just(PACIFIC)))
def test_an_event_lies_in_the_30_days_before_its_submission_whatever_was_observed(
    observed_at: datetime,
) -> None:
    assert timedelta(0) <= NOON - event_time(observed_at, NOON) <= 30 * DAY


@given(st.text() | st.integers() | st.none() | st.datetimes().map(datetime.isoformat))
def test_any_stated_time_gives_a_moment_up_to_an_hour_ahead_or_none(stated: object) -> None:
    sent = sent_at(stated, NOON)

    assert sent is None or sent.moment <= NOON + HOUR
