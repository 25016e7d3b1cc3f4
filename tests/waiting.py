"""The one way in which a test waits: it asks again until the answer is there or time is up."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(probe: Callable[[], Awaitable[T]], within_s: float = 20) -> T:
    """Return the probe's first truthy answer.

    Raises:
        TimeoutError: There was none in time; the text holds the last answer.
    """
    deadline = asyncio.get_running_loop().time() + within_s
    while not (answer := await probe()):
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"still {answer!r} after {within_s} s")
        await asyncio.sleep(0.02)
    return answer
