"""API keys: authentication of HTTP callers by bearer token."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, TypeAlias

from shared.errors import SystemicError, TransientError
from shared.runtime.postgres import Pool, open_database, translate_errors

Scope: TypeAlias = Literal["adapter", "bureau", "operator"]

_BEARER = "Bearer "
_USED_LATELY = "coalesce(last_used_at > now() - interval '1 hour', false)"
_SELECT = f"""
    SELECT name, scope, {_USED_LATELY} AS used_lately
      FROM api_keys
     WHERE key_hash = $1 AND revoked_at IS NULL AND coalesce(expires_at > now(), true)
"""  # noqa: S608 - made of constants
_NOTE_USE = f"""
    UPDATE api_keys SET last_used_at = now()
     WHERE key_hash = (SELECT key_hash FROM api_keys
                        WHERE key_hash = $1 AND NOT {_USED_LATELY}
                          FOR UPDATE SKIP LOCKED)
"""  # noqa: S608 - made of constants
_INSERT = """
    INSERT INTO api_keys (key_hash, name, scope) VALUES ($1, $2, $3)
    ON CONFLICT (key_hash) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Principal:
    """The owner of a key: an adapter, a bureau by its code, or an operator."""

    name: str
    scope: Scope


def hash_key(key: str) -> str:
    """Return the SHA-256 hash under which a key is stored.

    Keys are random and long, so a hash without salt cannot be reversed by a dictionary attack.
    """
    return sha256(key.encode(errors="surrogateescape")).hexdigest()  # any bytes


async def authenticate(pool: Pool, authorization: str | None) -> Principal | None:
    """Return the principal of an ``Authorization`` header, and record the first use in an hour.

    None for a key that is unknown, expired or revoked.
    """
    if not authorization or not authorization.startswith(_BEARER):
        return None
    key_hash = hash_key(authorization.removeprefix(_BEARER).strip())
    with translate_errors():
        row = await pool.fetchrow(_SELECT, key_hash)
    if row is None:
        return None
    if not row["used_lately"]:
        with suppress(SystemicError, TransientError), translate_errors():
            await pool.execute(_NOTE_USE, key_hash)  # the key is good, whether noted or not
    return Principal(row["name"], row["scope"])


async def store_keys(admin_dsn: str, schema: str, keys: Iterable[tuple[str, Scope, str]]) -> None:
    """Store name, scope and key of each principal in the schema of a service; idempotent."""
    async with open_database(admin_dsn, schema) as db:
        await db.executemany(_INSERT, [(hash_key(key), name, scope) for name, scope, key in keys])


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
