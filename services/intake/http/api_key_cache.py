"""Who calls, remembered for a moment."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.runtime.http.api_keys import Principal

REMEMBERED_S = 10.0


@dataclass(frozen=True, slots=True)
class ApiKeyCache:
    """Answers at once for callers that were here just now, so that a rush costs no look-ups.

    A key that is withdrawn opens for ``REMEMBERED_S`` at most. Only real keys are remembered:
    nobody can fill the memory with others. All who come with a key while it is looked up share
    that look-up.

    Attributes:
        look_up: Says who sent an ``Authorization`` header, None for nobody we know.
        clock: Seconds that only grow.
    """

    look_up: Callable[[str], Awaitable[Principal | None]]
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[Principal, float]] = field(default_factory=dict, init=False)
    _asking: dict[str, asyncio.Task[Principal | None]] = field(default_factory=dict, init=False)

    async def principal(self, authorization: str) -> Principal | None:
        """Return who sent this ``Authorization`` header, or None for nobody we know."""
        now = self.clock()
        known = self._known.get(authorization)
        if known is not None and now < known[1]:
            return known[0]
        asking = self._asking.get(authorization)
        if asking is None:
            asking = asyncio.create_task(self._ask(authorization))
            self._asking[authorization] = asking
        return await asyncio.shield(asking)

    async def _ask(self, authorization: str) -> Principal | None:
        asked_at = self.clock()
        self._known.pop(authorization, None)
        try:
            found = await self.look_up(authorization)
        finally:
            del self._asking[authorization]
        if found is not None:
            self._known[authorization] = (found, asked_at + REMEMBERED_S)
        return found
