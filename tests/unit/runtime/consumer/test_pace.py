import pytest

from shared.runtime.consumer.pace import Pace

FEW, MANY = 1, 200
SLOW_S, FAST_S = 0.2, 0.01


def pace_with_express(records: int = FEW) -> Pace:
    pace = Pace(500)
    pace.on_batch(records, FAST_S, is_express=True)
    return pace


@pytest.mark.parametrize("express", [FEW, MANY])
def test_while_express_records_come_slow_batches_become_smaller_and_fast_ones_larger(
    express: int,
) -> None:
    pace = pace_with_express(express)

    pace.on_batch(500, SLOW_S, is_express=False)
    smaller = pace.batch_size
    pace.on_batch(smaller, FAST_S, is_express=False)

    assert smaller == 350
    assert pace.batch_size == 385


@pytest.mark.parametrize(("express", "least"), [(FEW, 25), (MANY, 250)])
def test_a_size_has_bounds(express: int, least: int) -> None:
    pace = pace_with_express(express)

    for _ in range(30):
        pace.on_batch(500, SLOW_S, is_express=False)
        pace.on_batch(express, FAST_S, is_express=True)
    assert pace.batch_size == least
    for _ in range(40):
        pace.on_batch(500, FAST_S, is_express=False)
    assert pace.batch_size == 500


def test_a_small_batch_says_nothing_about_the_time_of_a_record() -> None:
    pace = pace_with_express()

    pace.on_batch(1, SLOW_S, is_express=False)

    assert pace.batch_size == 500


def test_a_hundred_batches_after_the_last_express_record_they_have_the_full_size_again() -> None:
    pace = pace_with_express()

    for _ in range(99):
        pace.on_batch(500, SLOW_S, is_express=False)
    assert pace.batch_size == 25
    pace.on_batch(500, SLOW_S, is_express=False)
    assert pace.batch_size == 500


def test_it_is_behind_while_more_than_two_batches_wait() -> None:
    pace = Pace(500)

    pace.on_lag(1_001)
    assert pace.behind.is_set()
    pace.on_lag(1_000)
    assert not pace.behind.is_set()


def test_after_a_crash_it_is_not_behind_until_it_has_caught_up_once() -> None:
    pace = Pace(500)
    pace.on_lag(5_000)

    pace.on_claim(has_crashed=True)
    pace.on_claim(has_crashed=False)
    pace.on_lag(5_000)
    assert not pace.behind.is_set()

    pace.on_lag(0)
    pace.on_lag(5_000)
    assert pace.behind.is_set()
