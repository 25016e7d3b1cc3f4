from dataclasses import dataclass

import pytest

from services.intake.http.load_limits import (
    MAX_BATCH_SIZE,
    MIN_BATCH_SIZE,
    TARGET_BATCH_S,
    AdaptiveBatchSize,
    TokenBucket,
)


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def admit(bucket: TokenBucket, callers: int) -> int:
    admitted = 0
    for _ in range(callers):
        if bucket.has_token():
            bucket.take()
            admitted += 1
    return admitted


def test_what_one_second_brings_may_come_at_once_and_no_more() -> None:
    assert admit(TokenBucket(10, Clock()), 50) == 10


def test_it_fills_at_its_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(10, clock)
    admit(bucket, 50)

    clock.now += 0.31
    assert admit(bucket, 50) == 3
    clock.now += 0.1
    assert admit(bucket, 50) == 1


def test_a_long_rest_saves_up_no_more_than_a_second() -> None:
    clock = Clock()
    bucket = TokenBucket(10, clock)
    admit(bucket, 50)
    clock.now += 3600

    assert admit(bucket, 50) == 10


def test_asking_takes_nothing() -> None:
    bucket = TokenBucket(1, Clock())
    assert all(bucket.has_token() for _ in range(5))


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
