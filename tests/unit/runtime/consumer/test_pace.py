from shared.runtime.consumer.pace import Pace

SLOW_S, FAST_S = 0.1, 0.01


def test_slow_batches_become_smaller_and_fast_ones_larger() -> None:
    pace = Pace(500)

    pace.on_batch(500, SLOW_S, is_express=False)
    smaller = pace.batch_size
    pace.on_batch(smaller, FAST_S, is_express=False)

    assert smaller == 350
    assert pace.batch_size == 385


def test_a_size_has_bounds() -> None:
    pace = Pace(500)

    for _ in range(30):
        pace.on_batch(500, SLOW_S, is_express=False)
    assert pace.batch_size == 150
    for _ in range(40):
        pace.on_batch(500, FAST_S, is_express=False)
    assert pace.batch_size == 500


def test_a_small_batch_or_an_express_one_says_nothing_about_the_time_of_a_record() -> None:
    pace = Pace(500)

    pace.on_batch(1, SLOW_S, is_express=False)
    pace.on_batch(500, SLOW_S, is_express=True)

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
