import time

import pytest

from shared.runtime.kafka.clients import Waits

SOON_S, LONG_S = 0.025, 2.0


def test_a_fetch_of_all_partitions_waits_long_for_any_record() -> None:
    assert Waits(is_positioned=True).of_next_fetch(beside=False) == LONG_S


def test_a_fetch_beside_records_that_wait_for_a_poll_ends_soon() -> None:
    assert Waits(is_positioned=True).of_next_fetch(beside=True) == SOON_S


def test_a_fetch_from_a_position_that_may_change_ends_soon() -> None:
    assert Waits().of_next_fetch(beside=False) == SOON_S


@pytest.mark.parametrize("beside", [False, True])
def test_a_fetch_while_others_gather_ends_with_that(beside: bool) -> None:
    waits = Waits(is_positioned=True, until=time.monotonic() + 3600)

    assert 3500 < waits.of_next_fetch(beside=beside) <= 3600
