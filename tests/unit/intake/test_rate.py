from dataclasses import dataclass

from services.intake.http.admission import TokenBucket


@dataclass
class Clock:
    now: float = 100.0

    def __call__(self) -> float:
        return self.now


def let_in(rate: TokenBucket, callers: int) -> int:
    taken = 0
    for _ in range(callers):
        if rate.has_token():
            rate.take()
            taken += 1
    return taken


def test_what_one_second_brings_may_come_at_once_and_no_more() -> None:
    assert let_in(TokenBucket(10, Clock()), 50) == 10


def test_it_fills_at_its_rate() -> None:
    clock = Clock()
    rate = TokenBucket(10, clock)
    let_in(rate, 50)

    clock.now += 0.31
    assert let_in(rate, 50) == 3
    clock.now += 0.1
    assert let_in(rate, 50) == 1


def test_a_long_rest_saves_up_no_more_than_a_second() -> None:
    clock = Clock()
    rate = TokenBucket(10, clock)
    let_in(rate, 50)
    clock.now += 3600

    assert let_in(rate, 50) == 10


def test_asking_takes_nothing() -> None:
    rate = TokenBucket(1, Clock())
    assert all(rate.has_token() for _ in range(5))
