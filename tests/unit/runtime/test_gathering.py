import pytest

from shared.runtime.batch_size import Gathering

LEAST_S, MOST_S = 0.1, 0.3


def seconds_at(rate: int, batches_per_s: int = 10) -> float:
    """Return the seconds of gathering after five seconds of even batches."""
    gathering = Gathering(LEAST_S, MOST_S, few=100, many=400)
    moments = [number / batches_per_s for number in range(5 * batches_per_s)]
    return [gathering.after(rate // batches_per_s, moment) for moment in moments][-1]


@pytest.mark.parametrize("rate", [10, 50, 90])
def test_few_items_gather_no_longer_than_the_least(rate: int) -> None:
    assert seconds_at(rate) == LEAST_S


@pytest.mark.parametrize("rate", [500, 5_000])
def test_many_items_gather_as_long_as_they_may(rate: int) -> None:
    assert seconds_at(rate) == pytest.approx(MOST_S)


def test_in_between_the_time_grows_with_the_rate() -> None:
    assert LEAST_S < seconds_at(200) < seconds_at(300) < MOST_S


def test_a_burst_is_forgotten_within_seconds() -> None:
    gathering = Gathering(LEAST_S, MOST_S, few=100, many=400)

    assert gathering.after(5_000, 0.0) == MOST_S
    assert gathering.after(1, 5.0) == LEAST_S
