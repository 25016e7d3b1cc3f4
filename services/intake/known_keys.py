"""Who calls, remembered for a moment."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.runtime.keys import Principal

REMEMBERED_S = 10.0


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Answers at once for callers that were here just now, so that a rush costs no look-ups.

    A key that is withdrawn opens for ``REMEMBERED_S`` at most. Only real keys are remembered:
    nobody can fill the memory with others.

    Attributes:
        look_up: Says who sent an ``Authorization`` header, None for nobody we know.
        clock: Seconds that only grow.
    """

    look_up: Callable[[str], Awaitable[Principal | None]]
    clock: Callable[[], float] = time.monotonic
    _known: dict[str, tuple[Principal, float]] = field(default_factory=dict, init=False)

    async def holder(self, authorization: str) -> Principal | None:
        """Return who sent this ``Authorization`` header, or None for nobody we know."""
        now = self.clock()
        known = self._known.get(authorization)
        if known is not None and now < known[1]:
            return known[0]
        self._known.pop(authorization, None)
        found = await self.look_up(authorization)
        if found is not None:
            self._known[authorization] = (found, now + REMEMBERED_S)
        return found
