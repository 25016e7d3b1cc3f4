from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from services.triage.surges.detection import (
    MAX_SURGE_SLOTS,
    SLOTS_PER_HOUR,
    History,
    SlotReporters,
    Window,
    busiest_recent_hour,
    expected_in_hour,
    find_end,
    find_start,
    poisson_tail,
    reporter_hash,
    slot_of,
    slot_start,
    threshold,
)
from shared.catalogue.surges import SurgeLimits

LIMITS = SurgeLimits(
    min_reports=6, ratio=3.0, max_probability=1e-4, end_ratio=0.5, baseline_per_hour=0.2
)
PORTLAND = ZoneInfo("America/Los_Angeles")
NOON = slot_of(datetime(2026, 3, 2, 12, tzinfo=UTC))
Counts = Mapping[int, int]


def heard_in(counts: Counts) -> SlotReporters:
    """Return that many distinct reporters for each slot."""

    def reporters(slot: int) -> list[int]:
        return sorted(reporter_hash(f"{slot} {n}") for n in range(counts.get(slot - NOON, 0)))

    return reporters


def usual(first: int, until: int) -> float:
    return 0.5 * (until - first) / SLOTS_PER_HOUR


@pytest.mark.parametrize(
    ("least", "expected", "chance"),
    [(1, 0.5, 0.393469), (2, 0.5, 0.090204), (10, 10.0, 0.542070), (30, 10.0, 2.51e-7)],
)
def test_the_chance_of_so_many_reports_is_that_of_poisson(
    least: int, expected: float, chance: float
) -> None:
    assert poisson_tail(least, expected) == pytest.approx(chance, rel=0.03)


@pytest.mark.parametrize(
    ("expected", "from_count"),
    [
        pytest.param(0.01, 6, id="the least number holds where nothing is usual"),
        pytest.param(1.0, 7, id="then so many are too unlikely to be chance"),
        pytest.param(20.0, 60, id="then it is three times the usual"),
        pytest.param(3000.0, 9000, id="also where very much is usual"),
    ],
)
def test_an_alarm_asks_for_a_number_a_ratio_and_an_unlikely_chance(
    expected: float, from_count: int
) -> None:
    assert threshold(expected, LIMITS) == from_count


@pytest.mark.parametrize(
    ("counts", "begins"),
    [
        pytest.param({0: 6}, True, id="six at once"),
        pytest.param({0: 5}, False, id="five"),
        pytest.param({-5: 3, 0: 3}, True, id="six in the six slots of a window"),
        pytest.param({-6: 3, 0: 3}, False, id="six in seven slots"),
        pytest.param({0: 1, 5: 5}, True, id="a late report, before the others"),
        pytest.param({0: 1, 6: 5}, False, id="too long before the others"),
    ],
)
def test_a_surge_begins_in_the_first_window_with_enough_voices(
    counts: Counts, *, begins: bool
) -> None:
    found = find_start(NOON, heard_in(counts), usual, LIMITS, [])

    assert (found is not None) == begins
    if found:
        assert (found.until - found.first, found.count, found.expected) == (SLOTS_PER_HOUR, 6, 0.5)


@pytest.mark.parametrize(
    ("first", "until", "begins"),
    [(-20, -4, False), (-20, -5, True), (0, 6, False), (1, 7, True)],
)
def test_no_surge_begins_where_a_window_shares_a_slot_with_another(
    first: int, until: int, *, begins: bool
) -> None:
    other = Window(NOON + first, NOON + until, 9, 0.5)

    found = find_start(NOON, heard_in({-5: 3, 0: 3}), usual, LIMITS, [other])

    assert (found is not None) == begins


BEGAN = Window(NOON - 5, NOON + 1, 6, 0.5)


@pytest.mark.parametrize(
    ("counts", "complete", "until"),
    [
        pytest.param({0: 6}, 6, None, id="all six are still in the window"),
        pytest.param({0: 6}, 7, 7, id="the window is empty"),
        pytest.param({0: 6, 3: 3}, 9, None, id="half of what begins one goes on"),
        pytest.param({0: 6, 3: 3}, 20, 10, id="less than half ends it, at the first such window"),
        pytest.param({0: 6, 3: 2}, 20, 7, id="two are less than half"),
    ],
)
def test_a_surge_is_over_when_reports_fell_well_below_what_began_it(
    counts: Counts, complete: int, until: int | None
) -> None:
    found = find_end(BEGAN, NOON + complete, heard_in(counts), usual, LIMITS)

    assert (found and found.until - NOON) == until


def test_the_end_tells_of_the_whole_surge() -> None:
    found = find_end(BEGAN, NOON + 20, heard_in({-3: 2, 0: 6, 3: 3}), usual, LIMITS)

    assert found == Window(NOON - 5, NOON + 10, 11, usual(0, 15))


def test_a_surge_that_does_not_stop_ends_after_a_day() -> None:
    counts = dict.fromkeys(range(-5, 400), 3)

    found = find_end(BEGAN, NOON + 400, heard_in(counts), usual, LIMITS)

    assert found
    assert found.until - found.first == MAX_SURGE_SLOTS


MONDAY_NOON = slot_of(datetime(2026, 3, 2, 12, tzinfo=PORTLAND)) // SLOTS_PER_HOUR
WEEK = 7 * 24


def usual_at(past: History, hour: int = MONDAY_NOON) -> float:
    return expected_in_hour(hour, past, LIMITS, PORTLAND)


def test_before_anything_is_known_the_usual_is_what_the_city_assumes() -> None:
    assert usual_at(History(MONDAY_NOON, {})) == pytest.approx(0.2)


def test_the_usual_is_learned_from_the_same_hour_of_earlier_weeks() -> None:
    busy = {MONDAY_NOON - week * WEEK: 12 for week in range(1, 9)}
    past = History(MONDAY_NOON - 8 * WEEK, busy)

    assert 8 < usual_at(past) < 12
    assert usual_at(past, MONDAY_NOON + 1) < 0.5


def test_the_more_weeks_are_known_the_more_they_weigh() -> None:
    known = [
        usual_at(
            History(
                MONDAY_NOON - weeks * WEEK,
                {MONDAY_NOON - week * WEEK: 12 for week in range(1, weeks + 1)},
            )
        )
        for weeks in (1, 2, 4, 8)
    ]

    assert known == sorted(known)
    assert known[0] < 4


def test_where_more_is_usual_at_all_hours_more_is_expected_at_any() -> None:
    quiet = History(MONDAY_NOON - WEEK, {})
    busy = History(MONDAY_NOON - WEEK, {MONDAY_NOON - hours: 3 for hours in range(50, WEEK)})

    assert usual_at(busy) > 3 * usual_at(quiet)


def test_the_last_two_days_change_nothing_since_late_reports_may_still_come() -> None:
    before = History(MONDAY_NOON - WEEK, {})
    lately = History(MONDAY_NOON - WEEK, {MONDAY_NOON - hours: 50 for hours in range(1, 49)})

    assert usual_at(lately) == usual_at(before)


def test_the_same_hour_is_that_of_the_clock_on_the_wall() -> None:
    """Daylight saving began in Portland on March 8: the next Monday's noon is an hour earlier."""
    after = slot_of(datetime(2026, 3, 9, 12, tzinfo=PORTLAND)) // SLOTS_PER_HOUR
    past = History(MONDAY_NOON - WEEK, {MONDAY_NOON: 12})

    assert after - MONDAY_NOON == WEEK - 1
    assert usual_at(past, after) > usual_at(past, after + 1)


def test_the_busiest_hour_of_the_day_before_is_found_and_surges_are_left_out() -> None:
    counts = {-150: 90, -100: 7, -60: 3, -40: 30, -2: 5}
    surge = Window(NOON - 42, NOON - 36, 30, 0.5)

    assert busiest_recent_hour(NOON, heard_in(counts), []) == 30
    assert busiest_recent_hour(NOON, heard_in(counts), [surge]) == 7
    assert busiest_recent_hour(NOON, heard_in({}), []) == 0


def test_a_slot_is_ten_minutes() -> None:
    moment = datetime(2026, 3, 2, 12, 9, 59, tzinfo=UTC)

    assert slot_start(slot_of(moment)) == moment - timedelta(minutes=9, seconds=59)
