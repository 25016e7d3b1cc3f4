"""Polling, the only way in which tests wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")


async def eventually(probe: Callable[[], Awaitable[T]], within_s: float = 60) -> T:
    """Poll until the probe returns a truthy value, and return it.

    Raises:
        TimeoutError: No truthy value in time; the text contains the last one.
    """
    deadline = asyncio.get_running_loop().time() + within_s
    while not (value := await probe()):
        if asyncio.get_running_loop().time() > deadline:
            raise TimeoutError(f"still {value!r} after {within_s} s")
        await asyncio.sleep(0.02)
    return value
