import pytest

from services.intake.http.admission import (
    FEWEST_AT_ONCE,
    LONGEST_BATCH_S,
    MOST_AT_ONCE,
    AdaptiveBatchSize,
)


def after(*batches: tuple[int, float], at_first: int = 200) -> AdaptiveBatchSize:
    pace = AdaptiveBatchSize(at_first)
    for answered, took_s in batches:
        pace.record(answered, took_s)
    return pace


def test_a_full_batch_in_time_makes_the_next_one_larger() -> None:
    assert after((200, LONGEST_BATCH_S)).batch_size == 220


def test_a_batch_with_room_left_changes_nothing() -> None:
    assert after((199, 0.01)).batch_size == 200


@pytest.mark.parametrize(
    ("took_s", "most"), [(LONGEST_BATCH_S * 1.25, 320), (LONGEST_BATCH_S * 10, 280)]
)
def test_a_slow_batch_makes_the_next_one_smaller_in_measure(took_s: float, most: int) -> None:
    assert after((10, took_s), at_first=400).batch_size == most


@pytest.mark.parametrize(("took_s", "most"), [(0.8, FEWEST_AT_ONCE), (0.001, MOST_AT_ONCE)])
def test_however_slow_or_quick_the_number_has_bounds(took_s: float, most: int) -> None:
    assert after(*[(MOST_AT_ONCE, took_s)] * 50).batch_size == most


def test_a_batch_can_wait_behind_the_one_under_way() -> None:
    assert AdaptiveBatchSize(200).max_in_flight == 400
