import asyncio
import time

from shared.runtime.cooperative import MAX_BLOCKING_S, CooperativeYield, in_turns


def work(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


async def test_others_have_a_turn_once_the_work_took_long_and_not_before() -> None:
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    task = asyncio.create_task(other())
    cooperative = CooperativeYield()
    await cooperative.maybe_yield()
    assert others == []

    work(2 * MAX_BLOCKING_S)
    await cooperative.maybe_yield()
    assert others == ["ran"]
    await task


async def test_the_time_counts_anew_after_each_turn() -> None:
    cooperative = CooperativeYield()
    work(2 * MAX_BLOCKING_S)
    await cooperative.maybe_yield()
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    task = asyncio.create_task(other())
    await cooperative.maybe_yield()
    assert others == []
    await task


async def test_others_have_turns_between_long_items_and_results_stay_in_order() -> None:
    done: list[str] = []

    async def other() -> None:
        done.append("other")

    def long_work(name: str) -> str:
        work(2 * MAX_BLOCKING_S)
        done.append(name)
        return name

    task = asyncio.create_task(other())

    assert await in_turns(long_work, ["first", "second"]) == ["first", "second"]
    assert done == ["first", "other", "second"]
    await task
