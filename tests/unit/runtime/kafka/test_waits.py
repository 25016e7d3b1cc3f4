import time

from shared.runtime.kafka.clients import Waits

SOON_S, LONG_S = 0.025, 2.0


def test_a_fetch_of_all_partitions_waits_long_for_any_record() -> None:
    assert Waits(is_positioned=True).of_next_fetch(beside=False) == (LONG_S, 1)


def test_a_fetch_beside_records_that_wait_for_a_poll_ends_soon() -> None:
    assert Waits(is_positioned=True).of_next_fetch(beside=True) == (SOON_S, 1)


def test_a_fetch_from_a_position_that_may_change_ends_soon() -> None:
    assert Waits().of_next_fetch(beside=False) == (SOON_S, 1)


def test_a_fetch_beside_records_that_are_gathered_lasts_as_long_as_they_wait() -> None:
    waits = Waits(is_positioned=True, until=time.monotonic() + 3600)

    wait_s, least_bytes = waits.of_next_fetch(beside=True)

    assert 3500 < wait_s <= 3600
    assert least_bytes == 1


def test_where_all_are_gathered_one_record_does_not_end_the_wait() -> None:
    waits = Waits(is_positioned=True, gathers_all=True, until=time.monotonic() + 3600)

    wait_s, least_bytes = waits.of_next_fetch(beside=False)

    assert 3500 < wait_s <= 3600
    assert least_bytes > 1
