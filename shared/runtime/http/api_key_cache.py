"""Cache of API keys, so that a burst of calls costs no lookups."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from hashlib import sha256

from shared.runtime.http.api_keys import Principal

TTL_S = 10.0
UNKNOWN_TTL_S = 1.0
_MAX_UNKNOWN = 10_000


@dataclass(frozen=True, slots=True)
class ApiKeyCache:
    """Caches the principals of API keys; concurrent lookups of one key are shared.

    A revoked key stays valid for at most ``TTL_S``, a new one is unknown for at most
    ``UNKNOWN_TTL_S`` after a call with it. Headers are cached as hashes; the number of invalid ones
    is bounded, so that callers cannot exhaust the memory.
    """

    look_up: Callable[[str], Awaitable[Principal | None]]
    clock: Callable[[], float] = time.monotonic
    max_unknown: int = _MAX_UNKNOWN
    _known: dict[bytes, tuple[Principal, float]] = field(default_factory=dict, init=False)
    _unknown: OrderedDict[bytes, float] = field(default_factory=OrderedDict, init=False)
    _lookups: dict[bytes, asyncio.Task[Principal | None]] = field(default_factory=dict, init=False)

    async def principal(self, authorization: str) -> Principal | None:
        """Return the principal of an ``Authorization`` header, or None for an invalid one."""
        digest = _digest(authorization)
        if cached := self._fresh(digest):
            return cached
        if self.clock() < self._unknown.get(digest, 0.0):
            return None
        lookup = self._lookups.get(digest)
        if lookup is None:
            lookup = asyncio.create_task(self._refresh(digest, authorization))
            self._lookups[digest] = lookup
        return await asyncio.shield(lookup)

    def cached(self, authorization: bytes) -> Principal | None:
        """Return the principal of a header as it was received, if no lookup is needed."""
        return self._fresh(_digest(authorization))

    def was_valid(self, authorization: str | bytes) -> bool:
        """Return True for a header that was valid at its last lookup, however long ago."""
        return _digest(authorization) in self._known

    def _fresh(self, digest: bytes) -> Principal | None:
        principal, until = self._known.get(digest, (None, 0.0))
        return principal if self.clock() < until else None

    async def _refresh(self, digest: bytes, authorization: str) -> Principal | None:
        started_at = self.clock()
        try:
            principal = await self.look_up(authorization)
        finally:
            del self._lookups[digest]
        if principal is not None:
            self._unknown.pop(digest, None)
            self._known[digest] = (principal, started_at + TTL_S)
            return principal
        self._known.pop(digest, None)
        self._unknown[digest] = started_at + UNKNOWN_TTL_S
        self._unknown.move_to_end(digest)
        if len(self._unknown) > self.max_unknown:
            self._unknown.popitem(last=False)
        return None


def _digest(authorization: str | bytes) -> bytes:
    """Return the hash of a header; in text, invalid UTF-8 is escaped by surrogates."""
    if isinstance(authorization, str):
        authorization = authorization.encode(errors="surrogateescape")
    return sha256(authorization).digest()
