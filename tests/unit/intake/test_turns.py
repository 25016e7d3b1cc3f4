import asyncio
import time

from services.intake.cooperative_yield import LONGEST_S, Turns


def work(seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        pass


async def test_others_have_a_turn_once_the_work_took_long_and_not_before() -> None:
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    task = asyncio.create_task(other())
    turns = Turns()
    await turns.give_way()
    assert others == []

    work(2 * LONGEST_S)
    await turns.give_way()
    assert others == ["ran"]
    await task


async def test_the_time_counts_anew_after_each_turn() -> None:
    turns = Turns()
    work(2 * LONGEST_S)
    await turns.give_way()
    others: list[str] = []

    async def other() -> None:
        others.append("ran")

    task = asyncio.create_task(other())
    await turns.give_way()
    assert others == []
    await task
