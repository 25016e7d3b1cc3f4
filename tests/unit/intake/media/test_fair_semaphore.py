"""Fair queueing of re-encodings: whose turn is next."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from services.intake.media.reencoding import FairSemaphore
from services.intake.records.submissions import Uploader

ADAPTER, OTHER_ADAPTER = Uploader("demo"), Uploader("app")
LONG_S = 60.0


def stranger(number: int) -> Uploader:
    return Uploader("web", f"192.0.2.{number}")


async def gets_one(semaphore: FairSemaphore, uploader: Uploader) -> bool:
    """Return whether there is a turn for this caller now."""
    try:
        async with semaphore.slot(uploader, within_s=0.05):
            return True
    except TimeoutError:
        return False


class Queue:
    """Callers that wait, and the order in which each had its turn."""

    def __init__(self, semaphore: FairSemaphore) -> None:
        self.semaphore, self.order = semaphore, list[Uploader]()

    async def join(self, *uploaders: Uploader) -> asyncio.Future[list[None]]:
        """Let them wait in this order."""
        done = asyncio.gather(*map(self._wait, uploaders))
        await asyncio.sleep(0)  # each runs until it waits
        return done

    async def _wait(self, uploader: Uploader) -> None:
        async with self.semaphore.slot(uploader, LONG_S):
            self.order.append(uploader)


@pytest.mark.parametrize("count", [2, 3, 4])
async def test_strangers_never_hold_the_last_turn(count: int) -> None:
    semaphore = FairSemaphore(count)
    async with AsyncExitStack() as held:
        for number in range(count - 1):
            await held.enter_async_context(semaphore.slot(stranger(number), LONG_S))

        assert not await gets_one(semaphore, stranger(100))
        assert await gets_one(semaphore, ADAPTER)


async def test_adapters_may_hold_every_turn_and_strangers_get_the_next() -> None:
    queue = Queue(semaphore := FairSemaphore(2))
    async with semaphore.slot(ADAPTER, LONG_S), semaphore.slot(OTHER_ADAPTER, LONG_S):
        done = await queue.join(ADAPTER, OTHER_ADAPTER, stranger(1))
    await done

    assert queue.order[0] == stranger(1)


async def test_one_address_holds_one_turn_at_a_time() -> None:
    semaphore = FairSemaphore(4)
    async with semaphore.slot(stranger(1), LONG_S):
        assert not await gets_one(semaphore, stranger(1))
        assert await gets_one(semaphore, stranger(2))


async def test_with_a_single_turn_both_take_it() -> None:
    semaphore = FairSemaphore(1)

    assert await gets_one(semaphore, stranger(1))
    assert await gets_one(semaphore, ADAPTER)


async def test_who_had_the_most_time_of_the_turns_waits_the_longest() -> None:
    """However many pictures an address sends, the first of any other goes before its second."""
    queue = Queue(semaphore := FairSemaphore(2))
    async with semaphore.slot(stranger(1), LONG_S):
        done = await queue.join(*[stranger(1)] * 3, stranger(2), stranger(3))
    await done

    assert queue.order == [stranger(2), stranger(3), *[stranger(1)] * 3]


async def test_without_a_queue_the_past_is_forgotten() -> None:
    queue = Queue(semaphore := FairSemaphore(2))
    await (await queue.join(stranger(1)))
    async with semaphore.slot(stranger(3), LONG_S):
        done = await queue.join(stranger(1), stranger(2))
    await done

    assert queue.order == [stranger(1)] * 2 + [stranger(2)]


async def test_who_gives_up_waiting_leaves_no_turn_taken() -> None:
    semaphore = FairSemaphore(2)
    async with semaphore.slot(stranger(1), LONG_S):
        waiting = asyncio.create_task(gets_one(semaphore, stranger(2)))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert not await gets_one(semaphore, stranger(3))

    assert await gets_one(semaphore, stranger(2))


async def test_a_turn_that_is_granted_to_who_gives_up_goes_on_to_the_next() -> None:
    semaphore = FairSemaphore(2)
    async with semaphore.slot(stranger(1), LONG_S):
        waiting = asyncio.create_task(gets_one(semaphore, stranger(2)))
        await asyncio.sleep(0)
    waiting.cancel()  # it was granted, and has not run since
    with pytest.raises(asyncio.CancelledError):
        await waiting

    assert await gets_one(semaphore, stranger(3))


async def test_an_error_gives_the_turn_back() -> None:
    semaphore = FairSemaphore(1)
    for _ in range(2):
        with pytest.raises(ValueError, match="damaged"):
            async with semaphore.slot(ADAPTER, LONG_S):
                raise ValueError("damaged")
