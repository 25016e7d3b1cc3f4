"""Work that is done while there is some, and looked for when woken and every few seconds."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.ops.shutdown import cancel_on_stop, pause


@dataclass(slots=True)
class WokenWork:
    """Calls work again and again, and waits while there is none.

    Attributes:
        every_s: Seconds until it looks for work without being woken, also after an error.
    """

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
        """Do the work until asked to stop.

        Args:
            stopping: Set when the process is to stop; what the work has begun then, it ends.
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
