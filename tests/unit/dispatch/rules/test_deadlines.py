from datetime import timedelta

import pytest

from services.dispatch.rules.deadlines import DeadlinePolicy, Deadlines, acknowledge_by
from shared.vocabulary import PriorityLevel
from tests.builders import NOON
from tests.unit.dispatch.factories import CALENDAR, HOUR, local

TUESDAY_AT_TEN = "2026-03-03 10:00"
SATURDAY_NIGHT = "2026-03-07 23:00"


@pytest.mark.parametrize(
    ("level", "since", "seen_by"),
    [
        pytest.param("P1", SATURDAY_NIGHT, "2026-03-07 23:05", id="five minutes at any hour"),
        pytest.param("P2", SATURDAY_NIGHT, "2026-03-08 00:00", id="one hour at any hour"),
        pytest.param("P3", TUESDAY_AT_TEN, "2026-03-04 10:00", id="one business day"),
        pytest.param("P3", SATURDAY_NIGHT, "2026-03-09 17:00", id="one from the next opening"),
        pytest.param("P4", TUESDAY_AT_TEN, "2026-03-05 10:00", id="two business days"),
        pytest.param("P5", TUESDAY_AT_TEN, "2026-03-10 10:00", id="five business days"),
    ],
)
def test_the_more_urgent_the_sooner_a_bureau_must_see_it(
    level: PriorityLevel, since: str, seen_by: str
) -> None:
    assert acknowledge_by(level, local(since), CALENDAR) == local(seen_by)


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
    policy = DeadlinePolicy(CALENDAR, base, target, local(since))

    assert policy.due(level).complete_by == local(done_by)


def test_nobody_has_longer_to_see_work_than_to_do_it() -> None:
    due = DeadlinePolicy(CALENDAR, "P3", 1, local(TUESDAY_AT_TEN)).due("P3")

    assert due.acknowledge_by == due.complete_by == local("2026-03-03 11:00")


def test_tightening_takes_the_earlier_of_each_deadline() -> None:
    early, late = NOON, NOON + timedelta(days=1)

    assert Deadlines(early, late).tightened(Deadlines(late, early + HOUR)) == Deadlines(
        early, early + HOUR
    )
