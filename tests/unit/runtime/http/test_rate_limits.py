from dataclasses import dataclass

import pytest

from shared.runtime.http.rate_limits import (
    LimitReachedError,
    OpenLimit,
    TokenBucket,
    TokenBuckets,
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


def test_a_longer_rest_saves_up_more_where_that_is_wanted() -> None:
    assert admit(TokenBucket(10, Clock(), burst_s=5), 99) == 50


def test_each_caller_has_a_bucket_of_its_own() -> None:
    clock = Clock()
    buckets = TokenBuckets(2, clock)

    assert [buckets.try_take("one") for _ in range(3)] == [True, True, False]
    assert (buckets.has_token("one"), buckets.has_token("two")) == (False, True)
    assert buckets.try_take("two")
    clock.now += 0.5
    assert buckets.try_take("one")


def test_a_caller_without_a_bucket_is_not_given_one_by_asking() -> None:
    buckets = TokenBuckets(1, Clock(), max_buckets=1)
    buckets.try_take("one")
    buckets.has_token("two")

    assert not buckets.has_token("one")


def test_beyond_the_most_buckets_the_one_used_least_recently_is_forgotten() -> None:
    buckets = TokenBuckets(1, Clock(), max_buckets=2)
    for caller in ("one", "two", "one", "three"):
        buckets.try_take(caller)

    assert [buckets.has_token(caller) for caller in ("one", "two", "three")] == [
        False,
        True,
        False,
    ]


def test_what_one_caller_and_what_all_have_open_is_bounded() -> None:
    limit = OpenLimit(of_one=1, of_all=2)

    with limit.opened("Olga"):
        with pytest.raises(LimitReachedError), limit.opened("Olga"):
            pass
        with limit.opened("Kim"), pytest.raises(LimitReachedError), limit.opened("Ana"):
            pass
    with limit.opened("Olga"), limit.opened("Ana"):
        pass
