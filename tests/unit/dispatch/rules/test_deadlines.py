from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.rules.business_time import OpenTime
from services.dispatch.rules.deadlines import (
    DeadlinePolicy,
    Deadlines,
    WorkOrderDeadline,
    acknowledgement,
    clock_of,
)
from shared.vocabulary import PriorityLevel
from tests.support.builders import NOON
from tests.support.dispatch.factories import CALENDAR, CITY, HOUR, OPEN_TIME, local

TUESDAY_AT_TEN = "2026-03-03 10:00"
SATURDAY_NIGHT = "2026-03-07 23:00"


@pytest.mark.parametrize(
    ("level", "since", "seen_by"),
    [
        pytest.param("P1", SATURDAY_NIGHT, "2026-03-07 23:15", id="a quarter of an hour, always"),
        pytest.param("P2", SATURDAY_NIGHT, "2026-03-08 00:00", id="one hour at any hour"),
        pytest.param("P3", TUESDAY_AT_TEN, "2026-03-04 10:00", id="one business day"),
        pytest.param("P3", SATURDAY_NIGHT, "2026-03-09 17:00", id="one from the next opening"),
        pytest.param("P4", TUESDAY_AT_TEN, "2026-03-06 10:00", id="three working days"),
        pytest.param("P5", TUESDAY_AT_TEN, "2026-03-06 10:00", id="three as well"),
    ],
)
def test_the_more_urgent_the_sooner_a_bureau_must_see_it(
    level: PriorityLevel, since: str, seen_by: str
) -> None:
    assert acknowledgement(level, local(since), OPEN_TIME).due_at == local(seen_by)


@pytest.mark.parametrize(
    ("level", "base", "target", "since", "done_by"),
    [
        pytest.param("P1", "P1", 2, SATURDAY_NIGHT, "2026-03-08 01:00", id="P1 never rests"),
        pytest.param("P2", "P2", 24, SATURDAY_NIGHT, "2026-03-09 00:00", id="P2, and spring"),
        pytest.param("P2", "P2", 24, "2026-10-31 23:00", "2026-11-01 22:00", id="P2, and autumn"),
        pytest.param("P3", "P3", 72, TUESDAY_AT_TEN, "2026-03-06 10:00", id="72 h are three days"),
        pytest.param("P3", "P3", 1, TUESDAY_AT_TEN, "2026-03-03 11:00", id="one hour is one hour"),
        pytest.param("P3", "P3", 12, "2026-03-03 08:00", "2026-03-03 17:00", id="12 h are a day"),
        pytest.param("P4", "P4", 30, TUESDAY_AT_TEN, "2026-03-04 16:00", id="30 h are 1 d 6 h"),
        pytest.param("P4", "P4", 720, TUESDAY_AT_TEN, "2026-04-14 10:00", id="30 days, as named"),
        pytest.param("P4", "P4", 48, SATURDAY_NIGHT, "2026-03-10 17:00", id="from the opening"),
        pytest.param("P1", "P4", 720, TUESDAY_AT_TEN, "2026-03-03 12:00", id="raised: P1's own"),
        pytest.param("P2", "P4", 720, TUESDAY_AT_TEN, "2026-03-04 10:00", id="raised: P2's own"),
        pytest.param("P3", "P4", 720, TUESDAY_AT_TEN, "2026-03-06 10:00", id="raised: P3's own"),
        pytest.param("P4", "P5", 720, TUESDAY_AT_TEN, "2026-03-17 10:00", id="raised: P4's own"),
        pytest.param("P2", "P4", 4, TUESDAY_AT_TEN, "2026-03-03 14:00", id="raised: kind's less"),
        pytest.param("P4", "P2", 24, TUESDAY_AT_TEN, "2026-03-04 10:00", id="lowered: kind's own"),
    ],
)
def test_work_is_due_by_the_target_of_its_kind_and_sooner_when_it_is_more_urgent(
    level: PriorityLevel, base: PriorityLevel, target: float, since: str, done_by: str
) -> None:
    policy = DeadlinePolicy(OPEN_TIME, base, target, local(since))

    assert policy.due(level).complete_by == local(done_by)


def test_nobody_has_longer_to_see_work_than_to_do_it() -> None:
    due = DeadlinePolicy(OPEN_TIME, "P3", 1, local(TUESDAY_AT_TEN)).due("P3")

    assert due.acknowledge_by == due.complete_by == local("2026-03-03 11:00")


def test_tightening_takes_the_earlier_of_each_deadline_with_its_warning() -> None:
    early, late = (WorkOrderDeadline(at - HOUR, at) for at in (NOON, NOON + timedelta(days=1)))

    assert Deadlines(early, late).tightened(Deadlines(late, early)) == Deadlines(early, early)
    assert Deadlines(early, late).loosened(Deadlines(late, early)) == Deadlines(late, late)


@pytest.mark.parametrize(
    ("level", "bureau", "warned_at"),
    [
        pytest.param("P1", "ROADS", "2026-03-03 11:36", id="of two hours"),
        pytest.param("P3", "ROADS", "2026-03-05 13:36", id="of three working days"),
        pytest.param("P3", "DESK", "2026-03-05 19:36", id="of three days"),
    ],
)
def test_a_bureau_is_warned_when_four_fifths_of_its_time_have_passed(
    level: PriorityLevel, bureau: str, warned_at: str
) -> None:
    open_time = OpenTime(CALENDAR, CITY.bureaus[bureau].hours)
    policy = DeadlinePolicy(open_time, "P3", 72, local(TUESDAY_AT_TEN))

    assert policy.due(level).complete.soon_at == local(warned_at)


moments = st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: NOON + timedelta(minutes=minutes))
waits = st.timedeltas(timedelta(0), timedelta(days=20))
levels = st.sampled_from(["P1", "P2", "P3", "P4", "P5"])
bureaus = st.sampled_from(["ROADS", "PARKING", "DESK"])


@given(moments, levels, bureaus, st.floats(0.25, 800))
def test_a_warning_comes_before_the_deadline_and_after_the_start(
    since: datetime, level: PriorityLevel, bureau: str, target: float
) -> None:
    open_time = OpenTime(CALENDAR, CITY.bureaus[bureau].hours)
    due = DeadlinePolicy(open_time, level, target, since).due(level)

    assert since <= due.acknowledge.soon_at <= due.acknowledge_by <= due.complete_by
    assert due.complete.soon_at <= due.complete_by


@given(moments, levels, bureaus, waits, waits)
def test_a_wait_takes_no_time_off_the_clock(
    since: datetime, level: PriorityLevel, bureau: str, before: timedelta, wait: timedelta
) -> None:
    """What is left on the clock when it stops is left when it goes on; what had passed stays."""
    open_time = OpenTime(CALENDAR, CITY.bureaus[bureau].hours)
    clock = clock_of(level, open_time)
    due = DeadlinePolicy(open_time, level, 72, since).due(level)
    stopped, restarted = since + before, since + before + wait

    moved = due.moved(stopped, restarted, clock)

    if due.complete_by <= stopped:
        assert moved.complete == due.complete
    else:
        left = clock.between(stopped, due.complete_by)
        assert clock.between(restarted, moved.complete_by) == left
        assert moved.complete_by >= max(due.complete_by, restarted)
    assert moved.complete.soon_at <= moved.complete_by
