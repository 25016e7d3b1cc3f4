"""Cooperative multitasking: long work on the event loop that yields to other tasks."""

import asyncio
from collections.abc import Callable, Iterable
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

MAX_BLOCKING_S = 0.002


class CooperativeYield:
    """Yields to the event loop after each ``MAX_BLOCKING_S`` of work."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock()

    async def maybe_yield(self) -> None:
        """Yield when it is due; call this after each small piece of work."""
        if self._clock() - self._since >= MAX_BLOCKING_S:
            await asyncio.sleep(0)
            self._since = self._clock()


async def in_turns(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Return the result of the work on each item, yielding to other tasks when it takes long."""
    clock = asyncio.get_running_loop().time
    results, since = list[R](), clock()
    for item in items:
        results.append(work(item))
        if clock() - since >= MAX_BLOCKING_S:
            await asyncio.sleep(0)
            since = clock()
    return results
