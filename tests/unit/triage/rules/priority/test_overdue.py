from datetime import timedelta

import pytest

from services.triage.rules.dedup.model import Match, Relation
from services.triage.rules.priority.context import overdue_reason
from shared.catalogue.circumstances import ScoreSteps
from shared.vocabulary import ScoreReason
from tests.support.builders import NOON
from tests.support.triage.factories import CITY, DAY, HOUR, case

STEPS = ScoreSteps.of([(1, 5), (2, 10)])
CAMP, WIRE = CITY.services["CAMP"], CITY.services["WIRE"]  # four days, two hours


def after(
    time: timedelta, relation: Relation = "duplicate", kind: str = "CAMP"
) -> list[ScoreReason]:
    link = Match(case(), relation, "near", abs(time), 1.0, 67, 7 * DAY)
    return list(overdue_reason(link, NOON + time, CITY.services[kind], STEPS))


@pytest.mark.parametrize(
    ("time", "points"),
    [
        pytest.param(4 * DAY - HOUR, [], id="within the target"),
        pytest.param(4 * DAY, [ScoreReason("still_there", 5, "4 days")], id="as the target passes"),
        pytest.param(7 * DAY, [ScoreReason("still_there", 5, "7 days")], id="once past"),
        pytest.param(9 * DAY, [ScoreReason("still_there", 10, "9 days")], id="twice past"),
        pytest.param(-6 * DAY, [], id="a late report of an earlier time"),
    ],
)
def test_a_problem_that_stays_beyond_its_target_is_a_reason_with_its_age(
    time: timedelta, points: list[ScoreReason]
) -> None:
    assert after(time) == points


def test_less_than_a_day_is_no_long_time() -> None:
    assert after(23 * HOUR, kind="WIRE") == []
    assert after(24 * HOUR, kind="WIRE") == [ScoreReason("still_there", 10, "1 day")]


@pytest.mark.parametrize(
    ("relation", "counts"),
    [("duplicate", True), ("window_over", True), ("after_closing", False), ("possible", False)],
)
def test_only_a_problem_that_nobody_ended_is_still_there(relation: Relation, counts: bool) -> None:
    assert bool(after(9 * DAY, relation)) == counts
