"""The stop request of the process, and interruptible waiting."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

from shared.errors import StoppedError, SystemicError, TransientError

T = TypeVar("T")


def stop_signal() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set; call it in a running event loop."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    return stopping


async def cancel_on_stop(
    stopping: asyncio.Event, work: Coroutine[Any, Any, T], *, grace_s: float = 0
) -> T:
    """Run the work; StoppedError if it outlasts a stop by ``grace_s`` seconds: it is cancelled."""
    task = asyncio.create_task(work)
    stop_requested = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({task, stop_requested}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done() and grace_s:
            await asyncio.wait({task}, timeout=grace_s)
        if task.done():
            return task.result()
        raise StoppedError("asked to stop")
    finally:
        stop_requested.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task


async def pause(stopping: asyncio.Event, seconds: float) -> None:
    """Sleep; StoppedError when the process is asked to stop before the end."""
    if await is_set_within(stopping, seconds):
        raise StoppedError("asked to stop")


async def is_set_within(event: asyncio.Event, seconds: float | None) -> bool:
    """Wait until the event is set; return False after that many seconds. None waits without end.

    ``asyncio.wait_for`` on Python 3.11 loses a cancellation that arrives as it ends; this does not.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            return await event.wait()
    return False


@dataclass(slots=True)
class WokenWork:
    """A loop that calls work until there is none, then waits ``every_s`` or until it is woken."""

    every_s: float
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)

    def wake(self) -> None:
        """Look for work now."""
        self._woken.set()

    async def run(
        self,
        stopping: asyncio.Event,
        work: Callable[[], Awaitable[object]],
        on_error: Callable[[SystemicError | TransientError], None],
    ) -> None:
        """Do the work until asked to stop; work in progress is finished.

        Args:
            work: Does some of it; returns a false value when there was none.
            on_error: Called with an error after which the work is tried again.
        """
        with suppress(StoppedError):
            while True:
                self._woken.clear()
                try:
                    await pause(stopping, 0)
                    while await work():
                        await pause(stopping, 0)
                except (SystemicError, TransientError) as error:
                    on_error(error)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.every_s):
                        await cancel_on_stop(stopping, self._woken.wait())
