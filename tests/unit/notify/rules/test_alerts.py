"""When an alert is due, and what it tells of."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.notify.rules.alerts import NewProblem, morning_after, news, next_morning

PORTLAND = ZoneInfo("America/Los_Angeles")


@pytest.mark.parametrize(
    ("now", "at_eight", "after"),
    [
        ("2026-03-06T15:59Z", "2026-03-06T16:00Z", "2026-03-07T16:00Z"),
        ("2026-03-06T16:00Z", "2026-03-07T16:00Z", "2026-03-07T16:00Z"),
        ("2026-03-08T04:00Z", "2026-03-08T15:00Z", "2026-03-08T15:00Z"),
        ("2026-11-01T08:30Z", "2026-11-01T16:00Z", "2026-11-02T16:00Z"),
    ],
)
def test_mornings_are_the_citys_and_no_day_has_two(now: str, at_eight: str, after: str) -> None:
    moment = datetime.fromisoformat(now)

    assert next_morning(moment, PORTLAND) == datetime.fromisoformat(at_eight)
    assert morning_after(moment, PORTLAND) == datetime.fromisoformat(after)


def test_what_may_not_be_listed_yet_is_told_the_next_time() -> None:
    now = datetime(2026, 3, 6, 16, tzinfo=UTC)
    told, *others = [
        NewProblem("ROW-POTHOLE", None, None, now - timedelta(minutes=minutes))
        for minutes in (30, 5, 120)
    ]
    early, late = others[1], others[0]

    found, until = news([late, told, early], now - timedelta(hours=1), now)

    assert found == [told]
    assert news([late, told, early], until, now + timedelta(days=1))[0] == [late]
