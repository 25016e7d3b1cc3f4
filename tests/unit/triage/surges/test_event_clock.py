from datetime import timedelta

from services.triage.surges.watermark import EventClock
from tests.support.builders import NOON

HOUR = timedelta(hours=1)


def test_the_time_is_that_of_the_latest_report_and_never_goes_back() -> None:
    clock: EventClock[str] = EventClock()
    clock.observe("a", NOON)
    clock.observe("a", NOON - HOUR)

    assert clock.now({"a": False, "b": False}) == NOON


def test_nobody_knows_the_time_before_the_first_report() -> None:
    clock: EventClock[str] = EventClock()

    assert clock.now({"a": False}) is None


def test_a_lane_in_which_more_waits_holds_the_clock_back() -> None:
    clock: EventClock[str] = EventClock()
    clock.observe("read", NOON)
    clock.observe("late", NOON - HOUR)

    assert clock.now({"read": False, "late": True}) == NOON - HOUR
    assert clock.now({"read": False, "late": False}) == NOON


def test_a_lane_that_holds_more_and_was_never_read_stops_the_clock() -> None:
    clock: EventClock[str] = EventClock()
    clock.observe("read", NOON)

    assert clock.now({"read": False, "unread": True}) is None


def test_a_lane_that_went_to_somebody_else_counts_no_more() -> None:
    clock: EventClock[str] = EventClock()
    clock.observe("gone", NOON + HOUR)
    clock.observe("mine", NOON)

    assert clock.now({"mine": False}) == NOON
