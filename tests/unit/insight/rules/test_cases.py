from datetime import datetime, timedelta
from itertools import permutations
from typing import Any

import pytest

from services.insight.rules.cases import (
    CaseVersion,
    ClosedTime,
    FoldedCase,
    closed_periods,
    fold,
)
from services.insight.rules.reports import TimedReport, exposure_of, promise_of
from services.insight.rules.survival import Duration, reached_after
from tests.support.builders import NOON

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def version(number: int, status: str = "open", what: str = "other", **changes: Any) -> CaseVersion:
    fields: dict[str, Any] = {
        "case_id": "c",
        "version": number,
        "at": NOON + number * HOUR,
        "what": what,
        "jurisdiction": "portland.gov",
        "kind": "ROW-POTHOLE",
        "dedup_group": "pavement",
        "bureau": "PBOT-MAINT",
        "level": "P4",
        "status": status,
        "complete_by": None,
        "first_reported_at": None,
        "merged": False,
        "corrected": False,
    }
    return CaseVersion(**(fields | changes))


OPENED = version(1, what="joined", first_reported_at=NOON)
STEPS = (
    OPENED,
    version(2, "acknowledged", complete_by=NOON + DAY),
    version(3, "completed", "closed"),
    version(4, "open", "reopened", bureau="BES", level="P2", complete_by=NOON + 2 * DAY),
)


@pytest.mark.parametrize("order", [*permutations(range(4))])
def test_a_case_is_the_same_in_whatever_order_its_versions_come(order: tuple[int, ...]) -> None:
    assert fold([STEPS[place] for place in order]) == FoldedCase(
        case_id="c",
        jurisdiction="portland.gov",
        kind="ROW-POTHOLE",
        dedup_group="pavement",
        bureau="BES",
        level="P2",
        status="open",
        opened_at=NOON,
        acknowledged_at=NOON + 2 * HOUR,
        ended_at=None,
        complete_by=NOON + 2 * DAY,
        merged=False,
        was_completed=True,
        reopened=True,
        corrected=False,
    )


def test_the_last_closing_counts_and_what_was_not_open_before_is_acknowledged_then() -> None:
    closings = (version(2, "completed", "closed"), version(5, "completed", "closed"))

    found = fold([OPENED, *closings, version(3, "open", "reopened"), version(4)])

    assert (found.acknowledged_at, found.ended_at) == (NOON + 2 * HOUR, NOON + 5 * HOUR)


def test_without_its_first_report_a_case_begins_with_its_first_known_version() -> None:
    assert fold([version(3), version(2)]).opened_at == NOON + 2 * HOUR


def report(hours: float, reporter: int | None = None) -> TimedReport:
    return TimedReport(NOON + hours * HOUR, reporter)


@pytest.mark.parametrize(
    ("reports", "ended_at", "days", "further"),
    [
        pytest.param([report(0)], None, 7.0, 0, id="one report"),
        pytest.param([report(0), report(0)], None, 7.0, 0, id="at the same time"),
        pytest.param([report(5), report(0)], None, 7.0, 1, id="in any order"),
        pytest.param([report(0), report(24 * 7)], None, 7.0, 1, id="at the window's end"),
        pytest.param([report(0), report(24 * 7 + 0.1)], None, 7.0, 0, id="after the window"),
        pytest.param([report(0), report(25)], NOON + DAY, 1.0, 0, id="after the closing"),
        pytest.param([report(0, 1), report(1, 1)], None, 7.0, 0, id="the same person"),
        pytest.param([report(0, 1), report(1, 2), report(2, 2)], None, 7.0, 1, id="one other"),
        pytest.param([report(0), report(1), report(2)], None, 7.0, 2, id="anonymous ones"),
        pytest.param([report(0)], NOON, None, 0, id="closed at once"),
        pytest.param([report(0), report(1)], NOON + DAY / 10, None, 0, id="closed soon"),
        pytest.param([report(0), report(2)], NOON + DAY / 5, 0.2, 1, id="closed later"),
        pytest.param([], None, None, 0, id="no report by a resident"),
    ],
)
def test_later_reports_by_other_people_count_while_the_problem_stands(
    reports: list[TimedReport], ended_at: datetime | None, days: float | None, further: int
) -> None:
    exposure, found = exposure_of(reports, 7 * DAY, ended_at, NOON + 30 * DAY)

    assert (exposure / DAY if exposure else None, found) == (days, further)


CLOSED = ClosedTime(NOON + DAY, NOON + 3 * DAY)


@pytest.mark.parametrize(
    ("reports", "closed", "now", "days", "further"),
    [
        pytest.param([report(0)], [CLOSED], 30, 5.0, 0, id="a gap"),
        pytest.param([report(0)], [CLOSED], 2, 1.0, 0, id="reopened in the future of the count"),
        pytest.param(
            [report(0)], [ClosedTime(CLOSED.since, NOON + 9 * DAY)], 30, 1.0, 0, id="till end"
        ),
        pytest.param(
            [report(0)], [CLOSED, ClosedTime(NOON + 4 * DAY, NOON + 5 * DAY)], 30, 4.0, 0, id="2"
        ),
        pytest.param([report(48)], [CLOSED], 30, 6.0, 0, id="first reported in it"),
        pytest.param([report(0)], [CLOSED._replace(until=NOON)], 30, 7.0, 0, id="clocks differ"),
        pytest.param(
            [report(0), report(24), report(48), report(72)], [CLOSED], 30, 5.0, 2, id="in it"
        ),
        pytest.param(
            [report(0)], [ClosedTime(NOON + HOUR, NOON + 7 * DAY)], 30, None, 0, id="too short"
        ),
    ],
)
def test_the_time_in_which_a_case_was_closed_is_not_observed(
    reports: list[TimedReport], closed: list[ClosedTime], now: int, days: float | None, further: int
) -> None:
    exposure, found = exposure_of(reports, 7 * DAY, None, NOON + now * DAY, closed)

    assert (exposure / DAY if exposure else None, found) == (days, further)


def test_a_case_is_closed_from_its_last_closing_to_its_reopening() -> None:
    turns = [("reopened", 0), ("closed", 1), ("closed", 2), ("reopened", 3), ("closed", 4)]

    found = closed_periods((what, NOON + at * DAY) for what, at in turns)

    assert found == [ClosedTime(NOON + 2 * DAY, NOON + 3 * DAY)]


def test_the_future_is_not_observed() -> None:
    assert exposure_of([report(0)], 7 * DAY, None, NOON + 2 * DAY) == (2 * DAY, 0)


@pytest.mark.parametrize(
    ("status", "ended_h", "now_h", "promise"),
    [
        pytest.param("completed", 24, 99, "kept", id="in time to the second"),
        pytest.param("completed", 24.01, 99, "missed", id="too late"),
        pytest.param("open", None, 24, None, id="not yet due"),
        pytest.param("completed", 1, 24, None, id="done before it is due"),
        pytest.param("open", None, 24.01, "open_past_due", id="past due"),
        pytest.param("declined", 30, 99, None, id="declined"),
    ],
)
def test_a_promise_is_kept_missed_or_past_due(
    status: str, ended_h: float | None, now_h: float, promise: str | None
) -> None:
    ended_at = None if ended_h is None else NOON + ended_h * HOUR

    assert promise_of(NOON + DAY, status, ended_at, NOON + now_h * HOUR) == promise
    assert promise_of(None, status, ended_at, NOON + now_h * HOUR) is None


def test_kaplan_meier_as_by_hand() -> None:
    """6, 6, 6, 6+, 7, 9+, 10, 10+, 11+, 13, 16: the begin of the classic example of Freireich."""
    times = [(6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1)]
    durations = [Duration(hours, bool(ended)) for hours, ended in [*times, (16, 1)]]

    # surviving: 8/11, then 6/7 of it, then 4/5 of that (0.4987), then 1/2, then 0
    assert reached_after(durations, (0.25, 0.5, 0.9)) == [6, 10, 16]


def test_open_cases_do_not_make_a_bureau_look_fast() -> None:
    quick = [Duration(1, has_ended=True)] * 4
    hard = [Duration(500, has_ended=False)] * 6

    assert reached_after(quick, (0.5, 0.9)) == [1, 1]
    assert reached_after([*quick, *hard], (0.3, 0.5, 0.9)) == [1, None, None]
    assert reached_after([], (0.5,)) == [None]


def test_a_share_that_is_reached_to_the_fraction_is_reached() -> None:
    thirty = [Duration(float(hours), has_ended=True) for hours in range(1, 31)]
    assert reached_after(thirty, (0.5, 0.9)) == [15, 27]
