import pytest

from services.intake.acceptance import (
    MAX_BATCH_SIZE,
    MIN_BATCH_SIZE,
    TARGET_BATCH_S,
    AdaptiveBatchSize,
)


def after(*batches: tuple[int, float], at_first: int = 200) -> AdaptiveBatchSize:
    batch_size = AdaptiveBatchSize(at_first)
    for answered, took_s in batches:
        batch_size.record(answered, took_s)
    return batch_size


def test_a_full_batch_in_time_makes_the_next_one_larger() -> None:
    assert after((200, TARGET_BATCH_S)).batch_size == 220


def test_a_batch_with_room_left_changes_nothing() -> None:
    assert after((199, 0.01)).batch_size == 200


@pytest.mark.parametrize(
    ("took_s", "most"), [(TARGET_BATCH_S * 1.25, 320), (TARGET_BATCH_S * 10, 280)]
)
def test_a_slow_batch_makes_the_next_one_smaller_in_measure(took_s: float, most: int) -> None:
    assert after((10, took_s), at_first=400).batch_size == most


@pytest.mark.parametrize(("took_s", "most"), [(0.8, MIN_BATCH_SIZE), (0.001, MAX_BATCH_SIZE)])
def test_however_slow_or_quick_the_number_has_bounds(took_s: float, most: int) -> None:
    assert after(*[(MAX_BATCH_SIZE, took_s)] * 50).batch_size == most


def test_a_batch_can_wait_behind_the_one_under_way() -> None:
    assert AdaptiveBatchSize(200).max_in_flight == 400
