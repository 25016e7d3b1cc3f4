"""Long work in small pieces, so that the event loop goes on turning."""

import asyncio

LONGEST_S = 0.01


class CooperativeYield:
    """Lets others have a turn whenever the work has held the event loop for ``LONGEST_S``."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._since = self._clock()

    async def maybe_yield(self) -> None:
        """Let others go on if it is time; call it after each small piece."""
        if self._clock() - self._since >= LONGEST_S:
            await asyncio.sleep(0)
            self._since = self._clock()
