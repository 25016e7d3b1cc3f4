import pytest

from services.intake.pace import FEWEST_INSIDE, LONGEST_WAIT_S, MOST_INSIDE, Pace


def after(*batches: tuple[int, float]) -> int:
    pace = Pace()
    for answered, took_s in batches:
        pace.note(answered, took_s)
    return pace.most_inside


def test_so_many_are_inside_that_the_last_waits_no_longer_than_the_longest_wait() -> None:
    assert after(*[(200, 0.2)] * 20) == int(1000 * LONGEST_WAIT_S)


def test_half_the_pace_lets_half_as_many_in_after_a_few_batches() -> None:
    slower = after(*[(200, 0.2)] * 20, *[(200, 0.4)] * 10)

    assert slower == pytest.approx(500 * LONGEST_WAIT_S, rel=0.05)


def test_one_slow_batch_among_quick_ones_does_not_shut_the_door() -> None:
    assert after(*[(200, 0.2)] * 20, (10, 1.0)) >= 700 * LONGEST_WAIT_S


@pytest.mark.parametrize(
    ("batch", "most"),
    [
        pytest.param((1, 0.8), FEWEST_INSIDE, id="a database that hangs"),
        pytest.param((200, 0.0), MOST_INSIDE, id="no time that could be measured"),
    ],
)
def test_however_slow_or_quick_the_number_inside_has_bounds(
    batch: tuple[int, float], most: int
) -> None:
    assert after(*[batch] * 50) == most


def test_after_a_hanging_database_the_door_is_open_again_within_ten_batches() -> None:
    assert after(*[(50, 0.8)] * 20, *[(50, 0.05)] * 10) > 900 * LONGEST_WAIT_S
