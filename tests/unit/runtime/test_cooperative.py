import asyncio

import pytest

from shared.runtime.cooperative import MAX_BLOCKING_S, CooperativeYield, in_turns


class Clock:
    """The loop's clock, which goes on by the work of the test alone."""

    def __init__(self, now_s: float) -> None:
        self._now_s = now_s

    def __call__(self) -> float:
        return self._now_s

    def work(self, seconds: float) -> None:
        self._now_s += seconds


@pytest.fixture
async def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    loop = asyncio.get_running_loop()
    clock = Clock(loop.time())
    monkeypatch.setattr(loop, "time", clock)
    return clock


async def test_others_have_a_turn_once_the_work_took_long_and_not_before(clock: Clock) -> None:
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    task = asyncio.create_task(other())
    cooperative = CooperativeYield()
    await cooperative.maybe_yield()
    assert others == []

    clock.work(2 * MAX_BLOCKING_S)
    await cooperative.maybe_yield()
    assert others == ["ran"]
    await task


async def test_the_time_counts_anew_after_each_turn(clock: Clock) -> None:
    cooperative = CooperativeYield()
    clock.work(2 * MAX_BLOCKING_S)
    await cooperative.maybe_yield()
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    task = asyncio.create_task(other())
    await cooperative.maybe_yield()
    assert others == []
    await task


async def test_others_have_turns_between_long_items_and_results_stay_in_order(
    clock: Clock,
) -> None:
    done: list[str] = []

    async def other() -> None:
        done.append("other")

    def long_work(name: str) -> str:
        clock.work(2 * MAX_BLOCKING_S)
        done.append(name)
        return name

    task = asyncio.create_task(other())

    assert await in_turns(long_work, ["first", "second"]) == ["first", "second"]
    assert done == ["first", "other", "second"]
    await task
