"""Long polling for new events: one query for all waiting callers."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from shared.errors import SystemicError, TransientError
from shared.runtime.ops.shutdown import is_set_within

_LOOK_EVERY_S = 0.25


@dataclass(eq=False, slots=True)
class _Waiter:
    bureau: str
    after: int
    arrived: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(slots=True)
class FeedWatch:
    """Wakes waiting callers when their bureau has a new event.

    Once it is ``stopped`` all waits have ended for good.

    Attributes:
        heads: Returns the number of the newest event of each of some bureaus.
        look_every_s: Seconds between two looks, for events that other processes add.
    """

    heads: Callable[[Collection[str]], Awaitable[Mapping[str, int]]]
    look_every_s: float = _LOOK_EVERY_S
    _waiters: set[_Waiter] = field(default_factory=set, init=False)
    _called: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    stopped: bool = field(default=False, init=False)

    async def wait(self, bureau: str, after: int, seconds: float) -> None:
        """Return when the bureau has an event after a number, or on timeout."""
        if self.stopped:
            return
        waiter = _Waiter(bureau, after)
        self._waiters.add(waiter)
        self._called.set()
        try:
            await is_set_within(waiter.arrived, seconds)
        finally:
            self._waiters.discard(waiter)

    def wake(self) -> None:
        """Look at once: this process added events."""
        self._called.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Look for new events until asked to stop; then all waits end."""
        stop = asyncio.create_task(self._call_when_set(stopping))
        try:
            while not stopping.is_set():
                with suppress(SystemicError, TransientError):
                    await self._look()
                await is_set_within(self._called, self.look_every_s if self._waiters else None)
                self._called.clear()
        finally:
            stop.cancel()
            self.stopped = True
            for waiter in self._waiters:
                waiter.arrived.set()

    async def _call_when_set(self, stopping: asyncio.Event) -> None:
        await stopping.wait()
        self._called.set()

    async def _look(self) -> None:
        if not self._waiters:
            return
        heads = await self.heads({waiter.bureau for waiter in self._waiters})
        for waiter in self._waiters:
            if heads.get(waiter.bureau, 0) > waiter.after:
                waiter.arrived.set()
