"""Cache of API keys, so that a burst of calls costs no lookups."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from shared.runtime.http.api_keys import Principal

TTL_S = 10.0


@dataclass(frozen=True, slots=True)
class ApiKeyCache:
    """Caches the principals of valid API keys; concurrent lookups of one key are shared.

    A revoked key stays valid for ``TTL_S`` at most. Invalid keys are not cached, so that callers
    cannot fill the memory with them.

    Attributes:
        look_up: Returns the principal of an ``Authorization`` header, None for an invalid one.
        clock: Monotonic seconds.
    """

    look_up: Callable[[str], Awaitable[Principal | None]]
    clock: Callable[[], float] = time.monotonic
    _cached: dict[str, tuple[Principal, float]] = field(default_factory=dict, init=False)
    _lookups: dict[str, asyncio.Task[Principal | None]] = field(default_factory=dict, init=False)

    async def principal(self, authorization: str) -> Principal | None:
        """Return the principal of an ``Authorization`` header, or None for an invalid one."""
        cached = self._cached.get(authorization)
        if cached is not None and self.clock() < cached[1]:
            return cached[0]
        lookup = self._lookups.get(authorization)
        if lookup is None:
            lookup = asyncio.create_task(self._refresh(authorization))
            self._lookups[authorization] = lookup
        return await asyncio.shield(lookup)

    async def _refresh(self, authorization: str) -> Principal | None:
        started_at = self.clock()
        self._cached.pop(authorization, None)
        try:
            principal = await self.look_up(authorization)
        finally:
            del self._lookups[authorization]
        if principal is not None:
            self._cached[authorization] = (principal, started_at + TTL_S)
        return principal
