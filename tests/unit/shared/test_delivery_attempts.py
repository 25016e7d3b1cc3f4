from datetime import timedelta
from typing import Any

import pytest

from shared.delivery_attempts import (
    GIVE_UP_AFTER,
    MAX_IN_FLIGHT,
    PROBE_EVERY,
    WAITS,
    Breaker,
    Outcome,
    Progress,
    error_of,
    parse_retry_after,
    progress_after,
)
from tests.support.builders import NOON

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
WAITING = Progress(0, None, "pending", NOON)


def outcome(error: str | None = "refused", **changes: Any) -> Outcome:
    fields: dict[str, Any] = {"at": NOON, "duration_ms": 3, "status": 200 if error is None else 500}
    return Outcome(**(fields | {"error": error} | changes))


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (299, None),
        (301, "redirect_not_followed"),
        (410, "gone"),
        (400, "refused"),
        (503, "refused"),
    ],
)
def test_the_status_alone_decides(status: int, error: str | None) -> None:
    assert error_of(status) == error


def test_the_waits_grow_to_an_hour_until_the_delivery_is_parked() -> None:
    progress, waits = WAITING, []
    while progress.state == "pending":
        at = progress.due_at
        progress = progress_after(progress, outcome(at=at), 0)
        waits.append(progress.due_at - at)

    assert waits[: len(WAITS)] == list(WAITS)
    assert set(waits[len(WAITS) :]) == {HOUR}
    assert progress.state == "parked"
    assert progress.due_at - HOUR <= NOON + GIVE_UP_AFTER < progress.due_at


def test_a_wait_varies_by_a_fifth() -> None:
    due = [progress_after(WAITING, outcome(), jitter).due_at - NOON for jitter in (-1, 1)]

    assert due == [4 * SECOND, 6 * SECOND]


def test_the_bureau_may_name_the_wait_itself() -> None:
    progress = progress_after(WAITING, outcome(retry_after=40 * SECOND), 1)

    assert progress.due_at == NOON + 40 * SECOND


def test_what_a_bureau_wants_no_more_stays_until_it_wants_it_again() -> None:
    tried_for_days = Progress(80, NOON - 72 * HOUR, "pending", NOON)

    assert progress_after(tried_for_days, outcome(status=410), 0).state == "pending"
    assert progress_after(tried_for_days, outcome(), 0).state == "parked"
    assert progress_after(tried_for_days, outcome(None), 0).state == "delivered"


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("7200", 3600),
        ("99999999999999999999", 3600),
        ("Tue, 24 Nov 2026 20:01:00 GMT", 60),
        ("Tue, 24 Nov 2026 19:00:00 GMT", 0),
        ("Tue, 24 Nov 2026 20:01:00 -0000", 60),
        ("-5", None),
        ("soon", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_an_hour_at_most(
    value: str | None, seconds: int | None
) -> None:
    now = NOON.replace(month=11, day=24, hour=20)

    wait = parse_retry_after(value, now)

    assert wait == (None if seconds is None else timedelta(seconds=seconds))


def test_the_breaker_opens_after_five_failures_and_lets_one_probe_through() -> None:
    breaker = Breaker()
    for _ in range(4):
        breaker = breaker.after(outcome())
    assert breaker.state(NOON) == "closed"
    assert breaker.slots(6, NOON) == MAX_IN_FLIGHT - 6

    breaker = breaker.after(outcome())

    assert breaker.state(NOON) == "open"
    assert breaker.slots(0, NOON + PROBE_EVERY - SECOND) == 0
    later = NOON + PROBE_EVERY
    assert breaker.state(later) == "half_open"
    assert (breaker.slots(0, later), breaker.slots(1, later)) == (1, 0)
    assert breaker.after(outcome(at=later)).state(later + 29 * SECOND) == "open"
    assert breaker.after(outcome(None)).state(later) == "closed"


def test_a_success_forgets_the_failures_before() -> None:
    breaker = Breaker(4).after(outcome(None)).after(outcome())

    assert breaker.state(NOON) == "closed"


def test_a_probe_waits_as_long_as_the_bureau_says() -> None:
    breaker = Breaker(4).after(outcome(retry_after=HOUR))

    assert breaker.state(NOON + HOUR - SECOND) == "open"
    assert breaker.state(NOON + HOUR) == "half_open"
