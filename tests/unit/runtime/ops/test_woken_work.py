import asyncio

from shared.errors import DatabaseDownError, SystemicError, TransientError
from shared.runtime.ops.shutdown import WokenWork


def unexpected(error: SystemicError | TransientError) -> None:
    raise AssertionError(error)


async def test_it_works_while_there_is_some_and_again_when_woken() -> None:
    stopping, idle = asyncio.Event(), asyncio.Event()
    left, done = [1, 2, 3], list[int]()

    async def work() -> bool:
        if not left:
            idle.set()
            return False
        done.append(left.pop(0))
        return True

    woken = WokenWork(every_s=60)
    async with asyncio.timeout(10), asyncio.TaskGroup() as tasks:
        tasks.create_task(woken.run(stopping, work, unexpected))
        await idle.wait()
        assert done == [1, 2, 3]
        idle.clear()
        left.append(4)
        woken.wake()
        await idle.wait()
        stopping.set()

    assert done == [1, 2, 3, 4]


async def test_an_error_is_told_and_the_work_tried_again() -> None:
    stopping, told = asyncio.Event(), list[str]()

    async def work() -> bool:
        if told:
            stopping.set()
            return False
        raise DatabaseDownError("away")

    async with asyncio.timeout(10):
        await WokenWork(every_s=0.01).run(stopping, work, lambda error: told.append(error.code))

    assert told == ["database_down"]


async def test_a_stop_ends_it_though_there_is_work_left() -> None:
    stopping, done = asyncio.Event(), list[int]()

    async def work() -> bool:
        done.append(1)
        stopping.set()
        return True

    async with asyncio.timeout(10):
        await WokenWork(every_s=60).run(stopping, work, unexpected)

    assert done == [1]
