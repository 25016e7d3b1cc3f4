"""Administration of API keys: list, add, revoke and rotate, in every schema that checks keys."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import asyncpg

from shared.errors import Route311Error
from shared.runtime.http.api_keys import Scope, hash_key

# Schemas of the services that check keys.
KEY_SCHEMAS = ("intake", "triage", "dispatch", "notify", "insight")

KeyState: TypeAlias = Literal["valid", "expired", "revoked"]

_SCHEMAS_OF_SCOPE: dict[Scope, tuple[str, ...]] = {
    "adapter": ("intake", "notify"),
    "bureau": ("intake", "dispatch", "notify"),
    "operator": KEY_SCHEMAS,
}
_KEY_BYTES = 32
_ID_CHARACTERS = 8
_COLUMNS = "key_hash, name, scope, created_at, last_used_at, expires_at, revoked_at"
_LIST = f"SELECT {_COLUMNS} FROM {{}}.api_keys"  # noqa: S608 - made of constants
_INSERT = """
    INSERT INTO {}.api_keys (key_hash, name, scope, expires_at) VALUES ($1, $2, $3, $4)
"""
_REVOKE = "UPDATE {}.api_keys SET revoked_at = $2 WHERE key_hash = $1 AND revoked_at IS NULL"
_EXPIRE = """
    UPDATE {}.api_keys SET expires_at = least(expires_at, $2) WHERE key_hash = $1
"""


class NoSuchKeyError(Route311Error):
    """No key has the id, or the key is no longer valid."""

    code = "no_such_key"


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A stored key; the key itself is not stored.

    Attributes:
        key_hash: SHA-256 of the key, in hexadecimal.
        created_at: None for a key that is older than this column.
        last_used_at: Last use, to the hour; None for never.
        expires_at: First moment at which it is no longer accepted; None for never.
        schemas: Schemas of the services that know it.
    """

    key_hash: str
    name: str
    scope: Scope
    created_at: datetime | None
    last_used_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    schemas: tuple[str, ...]

    @property
    def key_id(self) -> str:
        """The id for commands: the first 8 digits of the hash, which do not reveal the key."""
        return self.key_hash[:_ID_CHARACTERS]

    def state(self, now: datetime) -> KeyState:
        """Return whether the key is accepted at a moment."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "valid"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A new key, which is known in full only now."""

    key: str
    key_id: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyStore:
    """The keys of a database, by a connection of its administrator."""

    connection: "asyncpg.Connection[asyncpg.Record]"

    async def keys(self) -> Sequence[StoredKey]:
        """Return all keys, by scope and name, merged over the services."""
        found: dict[str, StoredKey] = {}
        for schema in KEY_SCHEMAS:
            for row in await self.connection.fetch(_LIST.format(schema)):
                key = StoredKey(**dict(row), schemas=(schema,))
                known = found.get(key.key_hash)
                found[key.key_hash] = _merged(known, key) if known else key
        return sorted(found.values(), key=lambda key: (key.scope, key.name, key.key_hash))

    async def add(self, scope: Scope, name: str, expires_at: datetime | None) -> NewKey:
        """Create a key for the services of its scope; None never expires."""
        return await self._insert(scope, name, expires_at, _SCHEMAS_OF_SCOPE[scope])

    async def revoke(self, key_id: str, now: datetime) -> StoredKey:
        """Revoke a key; NoSuchKeyError if no key has this id, or it was revoked before."""
        key = await self._find(key_id)
        if key.revoked_at is not None:
            raise NoSuchKeyError(f"the key {key_id} was revoked before")
        async with self.connection.transaction():
            for schema in key.schemas:
                await self.connection.execute(_REVOKE.format(schema), key.key_hash, now)
        return key

    async def rotate(
        self, key_id: str, now: datetime, grace: timedelta, lifetime: timedelta | None
    ) -> tuple[StoredKey, NewKey]:
        """Create a key for the owner of a key, which stays valid for a while.

        Args:
            grace: Remaining lifetime of the old key.
            lifetime: Lifetime of the new key; None for that of the old one.

        Raises:
            NoSuchKeyError: No valid key has this id.
        """
        old = await self._find(key_id)
        if old.state(now) != "valid":
            raise NoSuchKeyError(f"the key {key_id} is {old.state(now)}; add a new one")
        if lifetime is None and old.expires_at and old.created_at:
            lifetime = old.expires_at - old.created_at
        expires_at = now + lifetime if lifetime else None
        async with self.connection.transaction():
            schemas = _SCHEMAS_OF_SCOPE[old.scope]
            new = await self._insert(old.scope, old.name, expires_at, schemas)
            for schema in old.schemas:
                await self.connection.execute(_EXPIRE.format(schema), old.key_hash, now + grace)
        return old, new

    async def _insert(
        self, scope: Scope, name: str, expires_at: datetime | None, schemas: Sequence[str]
    ) -> NewKey:
        key = secrets.token_urlsafe(_KEY_BYTES)
        for schema in schemas:
            await self.connection.execute(
                _INSERT.format(schema), hash_key(key), name, scope, expires_at
            )
        return NewKey(key, hash_key(key)[:_ID_CHARACTERS], expires_at)

    async def _find(self, key_id: str) -> StoredKey:
        found = [key for key in await self.keys() if key.key_id == key_id]
        if len(found) != 1:
            raise NoSuchKeyError(f"no key has the id {key_id}; see `route311 keys list`")
        return found[0]


def _merged(first: StoredKey, second: StoredKey) -> StoredKey:
    """Merge one key of several services: used last in any, and valid only if it is in all."""
    return StoredKey(
        key_hash=first.key_hash,
        name=first.name,
        scope=first.scope,
        created_at=first.created_at or second.created_at,
        last_used_at=max(filter(None, (first.last_used_at, second.last_used_at)), default=None),
        expires_at=min(filter(None, (first.expires_at, second.expires_at)), default=None),
        revoked_at=first.revoked_at or second.revoked_at,
        schemas=(*first.schemas, *second.schemas),
    )
