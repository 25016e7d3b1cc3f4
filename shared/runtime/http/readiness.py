"""The readiness probe, shared by callers of one moment."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeAlias

ReadinessProbe: TypeAlias = Callable[[], Awaitable[str | None]]
"""Returns the reason why the service is not ready, or None when it is."""

_HOLDS_S = 0.25


class SharedProbe:
    """Checks four times a second at most, however often it is called.

    A check takes a connection to the database, and anyone may call ``/ready``.
    """

    def __init__(self, check: ReadinessProbe) -> None:
        self._check = check
        self._latest: asyncio.Future[str | None] | None = None
        self._holds_until = 0.0

    async def __call__(self) -> str | None:
        """Return the reason that the latest check found, or None."""
        now = asyncio.get_running_loop().time()
        if self._latest is None or (self._latest.done() and now >= self._holds_until):
            self._holds_until = now + _HOLDS_S
            self._latest = asyncio.ensure_future(self._check())
        return await asyncio.shield(self._latest)
