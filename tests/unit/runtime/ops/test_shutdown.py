import asyncio

import pytest

from shared.errors import StoppedError
from shared.runtime.ops.shutdown import cancel_on_stop, pause


async def test_work_that_ends_first_gives_its_answer() -> None:
    async def work() -> int:
        return 7

    assert await cancel_on_stop(asyncio.Event(), work()) == 7


async def test_a_fault_in_the_work_is_told() -> None:
    async def work() -> None:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        await cancel_on_stop(asyncio.Event(), work())


async def test_work_that_lasts_past_its_grace_is_cancelled() -> None:
    stopping, cancelled = asyncio.Event(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    stopping.set()
    with pytest.raises(StoppedError):
        await cancel_on_stop(stopping, work(), grace_s=0.01)
    assert cancelled.is_set()


async def test_work_may_end_within_its_grace() -> None:
    stopping = asyncio.Event()
    stopping.set()

    async def work() -> str:
        await stopping.wait()
        return "done"

    assert await cancel_on_stop(stopping, work(), grace_s=5) == "done"


@pytest.mark.parametrize("seconds", [60, 0])
async def test_a_pause_ends_when_asked_to_stop(seconds: float) -> None:
    stopping = asyncio.Event()
    stopping.set()

    with pytest.raises(StoppedError):
        await pause(stopping, seconds)


async def test_a_pause_without_a_stop_ends_by_itself() -> None:
    await pause(asyncio.Event(), 0.001)


@pytest.mark.parametrize("turns", range(4))
async def test_a_pause_that_ends_while_it_is_cancelled_is_cancelled(turns: int) -> None:
    stopping = asyncio.Event()
    pausing = asyncio.create_task(pause(stopping, 60))
    await asyncio.sleep(0)

    stopping.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    was_in_time = pausing.cancel()
    await asyncio.gather(pausing, return_exceptions=True)

    assert pausing.cancelled() == was_in_time
