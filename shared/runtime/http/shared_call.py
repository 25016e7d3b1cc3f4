"""A call whose recent result is shared by all callers."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

ReadinessProbe: TypeAlias = Callable[[], Awaitable[str | None]]
"""Returns the reason why the service is not ready, or None when it is."""

_HOLDS_S = 0.25


class SharedCall(Generic[T]):
    """Limits an expensive public call to four times a second.

    A readiness check takes a connection to the database, the text of all metrics 10 ms.
    """

    def __init__(self, call: Callable[[], Awaitable[T]]) -> None:
        self._call = call
        self._latest: asyncio.Future[T] | None = None
        self._holds_until = 0.0

    async def __call__(self) -> T:
        """Return the latest result."""
        now = asyncio.get_running_loop().time()
        if self._latest is None or (self._latest.done() and now >= self._holds_until):
            self._holds_until = now + _HOLDS_S
            self._latest = asyncio.ensure_future(self._call())
        return await asyncio.shield(self._latest)
