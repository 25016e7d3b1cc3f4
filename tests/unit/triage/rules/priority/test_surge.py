from datetime import datetime

import pytest

from services.triage.rules.priority.context import (
    MAX_OPEN_SURGE,
    SURGE_POINTS,
    KnownSurge,
    surge_reason,
    with_context,
)
from services.triage.rules.priority.score import PriorityScore
from shared.vocabulary import PriorityLevel, ScoreReason
from tests.support.builders import NOON
from tests.support.triage.factories import DAY, HOUR, KEY


def surge(**changes: object) -> KnownSurge:
    fields = {
        "surge_id": "s1",
        "key": KEY,
        "district": "SE",
        "since": NOON,
        "until": NOON + 3 * HOUR,
        "count": 12,
        "expected": 0.4,
    }
    return KnownSurge(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("key", "district", "moment", "counts"),
    [
        pytest.param(KEY, "SE", NOON, True, id="at its beginning"),
        pytest.param(KEY, "SE", NOON + 2.99 * HOUR, True, id="just before its end"),
        pytest.param(KEY, "SE", NOON + 3 * HOUR, False, id="at its end"),
        pytest.param(KEY, "SE", NOON - 0.01 * HOUR, False, id="before it"),
        pytest.param(KEY, "NW", NOON, False, id="in another district"),
        pytest.param("rivertown.gov:noise", "SE", NOON, False, id="of another group"),
    ],
)
def test_a_surge_counts_for_reports_of_its_group_district_and_time(
    key: str, district: str, moment: datetime, *, counts: bool
) -> None:
    assert bool(surge_reason([surge()], key, district, moment)) == counts


@pytest.mark.parametrize(("after", "counts"), [(0.99, True), (1.0, False)])
def test_a_surge_without_an_end_counts_for_a_day(after: float, *, counts: bool) -> None:
    open_ended = surge(until=None)

    assert bool(surge_reason([open_ended], KEY, "SE", NOON + after * MAX_OPEN_SURGE)) == counts


def test_the_reason_says_how_many_there_are_and_how_many_are_usual() -> None:
    yesterday = surge(surge_id="s0", since=NOON - DAY, until=NOON + DAY, count=99)

    found = surge_reason([surge(), yesterday], KEY, "SE", NOON)

    assert found == ScoreReason("surge", SURGE_POINTS, "12 reports in SE, 0.4 are usual")


@pytest.mark.parametrize(
    ("score", "after", "level"),
    [
        pytest.param(0, 5, "P5", id="routine"),
        pytest.param(35, 40, "P3", id="on the edge of P3"),
        pytest.param(55, 59, "P3", id="on the edge of P2"),
        pytest.param(60, 65, "P2", id="urgent"),
        pytest.param(75, 79, "P2", id="on the edge of P1"),
        pytest.param(80, 85, "P1", id="a danger"),
    ],
)
def test_a_surge_hastens_a_report_and_makes_none_urgent(
    score: int, after: int, level: PriorityLevel
) -> None:
    before = PriorityScore((ScoreReason("base", score),))

    priority = with_context(before, [ScoreReason("surge", SURGE_POINTS)])

    assert (priority.score, priority.level) == (after, level)
