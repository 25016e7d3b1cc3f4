"""What a try to forward a work order leads to."""

from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from services.dispatch.channels.forwarding.rules.forwards import (
    LEASE,
    SHOWN_WITHIN,
    Failed,
    Forward,
    Refused,
    Taken,
    begin_try,
    end_try,
    may_have_arrived,
)
from shared.delivery_attempts import GIVE_UP_AFTER, Outcome, error_of
from tests.support.builders import NOON

SECOND = timedelta(seconds=1)
NEW = Forward("o", 0, None, NOON, None, NOON)


def outcome(
    status: int | None = None, error: str | None = None, at: datetime = NOON + SECOND
) -> Outcome:
    return Outcome(at, 1, status, (status and error_of(status)) or error)


@pytest.mark.parametrize(
    ("result", "arrived"),
    [
        (outcome(503), True),
        (outcome(200, "unusable_answer"), True),
        (outcome(error="timeout"), True),
        (outcome(error="connection"), True),
        (outcome(302), False),
        (outcome(403), False),
        (outcome(429), False),
        (outcome(error="name_not_found"), False),
        (outcome(error="address_not_allowed"), False),
        (outcome(error="certificate"), False),
    ],
)
def test_what_may_have_arrived_is_looked_for_before_it_is_sent_again(
    result: Outcome, arrived: bool
) -> None:
    assert may_have_arrived(result) == arrived

    after = end_try(NEW, Failed(result, "why", arrived), NOON, 0)

    assert (after.state, after.reason, after.attempts) == ("pending", "why", 1)
    assert after.tried_at == (NOON if arrived else None)
    assert after.not_before == result.at + (SHOWN_WITHIN if arrived else timedelta())
    assert after.due_at > result.at


def test_a_try_that_is_cut_off_counts_as_one_that_may_have_arrived() -> None:
    begun = begin_try(NEW, NOON)

    assert (begun.tried_at, begun.first_at, begun.not_before) == (NOON, NOON, NOON + LEASE)
    again = begin_try(begun, NOON + LEASE)
    assert again.tried_at == NOON
    assert end_try(again, Failed(outcome(403), "", may_have_arrived=False), NOON, 0).tried_at


@pytest.mark.parametrize("status", [500, 410])
def test_it_gives_up_after_three_days_whatever_the_status(status: int) -> None:
    forward, tries = NEW, [NOON]
    while forward.state == "pending":
        at = forward.due_at + SECOND
        forward = end_try(forward, Failed(outcome(status, at=at), "", may_have_arrived=True), at, 1)
        tries.append(at)

    assert forward.state == "parked"
    assert forward.first_at
    assert forward.due_at > forward.first_at + GIVE_UP_AFTER
    assert max(late - early for early, late in pairwise(tries)) <= timedelta(hours=1.3)


def test_what_is_taken_or_refused_is_over() -> None:
    failed = end_try(NEW, Failed(outcome(500), "why", may_have_arrived=True), NOON, 0)

    taken = end_try(failed, Taken("7"), NOON, 0)
    refused = end_try(failed, Refused("parked", "no"), NOON, 0)

    assert (taken.state, taken.reason, taken.service_request_id) == ("sent", None, "7")
    assert (refused.state, refused.reason, refused.tried_at) == ("parked", "no", NOON)
