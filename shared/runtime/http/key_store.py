"""Administration of API keys: list, add, revoke and rotate, in every schema that checks keys."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import asyncpg

from shared.errors import Route311Error
from shared.runtime.http.api_keys import Scope, hash_key
from shared.runtime.postgres import Connection, Database, Pool, translate_errors
from shared.runtime.settings import RESERVED_ADAPTER_NAMES

# Schemas of the services that check keys.
KEY_SCHEMAS = ("intake", "triage", "dispatch", "notify", "insight")

KeyState: TypeAlias = Literal["valid", "expired", "revoked"]
NameFault: TypeAlias = Literal["unknown_bureau", "taken_name"]

SCHEMAS_OF_SCOPE: dict[Scope, tuple[str, ...]] = {
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
    ON CONFLICT DO NOTHING
"""
_REVOKE = "UPDATE {}.api_keys SET revoked_at = $2 WHERE key_hash = $1 AND revoked_at IS NULL"
_EXPIRE = """
    UPDATE {}.api_keys SET expires_at = least(expires_at, $2) WHERE key_hash = $1
"""


Executor: TypeAlias = "Pool | Connection | Database"


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
        return id_of(self.key_hash)

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
            for key in await keys_in(self.connection, schema):
                known = found.get(key.key_hash)
                found[key.key_hash] = _merged(known, key) if known else key
        return sorted(found.values(), key=lambda key: (key.scope, key.name, key.key_hash))

    async def add(self, scope: Scope, name: str, expires_at: datetime | None) -> NewKey:
        """Create a key for the services of its scope; None never expires."""
        return await self._insert(scope, name, expires_at, SCHEMAS_OF_SCOPE[scope])

    async def revoke(self, key_id: str, now: datetime) -> StoredKey:
        """Revoke a key; NoSuchKeyError if no key has this id, or it was revoked before."""
        key = await self._find(key_id)
        if key.revoked_at is not None:
            raise NoSuchKeyError(f"the key {key_id} was revoked before")
        async with self.connection.transaction():
            for schema in key.schemas:
                await revoke_in(self.connection, schema, key.key_hash, now)
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
            schemas = SCHEMAS_OF_SCOPE[old.scope]
            new = await self._insert(old.scope, old.name, expires_at, schemas)
            for schema in old.schemas:
                await self.connection.execute(_EXPIRE.format(schema), old.key_hash, now + grace)
        return old, new

    async def _insert(
        self, scope: Scope, name: str, expires_at: datetime | None, schemas: Sequence[str]
    ) -> NewKey:
        key = new_key()
        for schema in schemas:
            await insert_in(self.connection, schema, hash_key(key), name, scope, expires_at)
        return NewKey(key, id_of(hash_key(key)), expires_at)

    async def _find(self, key_id: str) -> StoredKey:
        found = [key for key in await self.keys() if key.key_id == key_id]
        if len(found) != 1:
            raise NoSuchKeyError(f"no key has the id {key_id}; see `route311 keys list`")
        return found[0]


def new_key() -> str:
    """Return a new random key."""
    return secrets.token_urlsafe(_KEY_BYTES)


def id_of(key_hash: str) -> str:
    """Return the id of a key for commands: the first 8 digits of its hash."""
    return key_hash[:_ID_CHARACTERS]


def name_fault(scope: Scope, name: str, bureaus: Collection[str]) -> NameFault | None:
    """Return why a key with this name would mislead; None for a good name."""
    if scope == "bureau" and name not in bureaus:
        return "unknown_bureau"
    taken = RESERVED_ADAPTER_NAMES.union(code.casefold() for code in bureaus)
    is_taken = scope == "adapter" and name.strip().casefold() in taken
    return "taken_name" if is_taken else None


async def keys_in(db: Executor, schema: str) -> Sequence[StoredKey]:
    """Return the keys of one service."""
    with translate_errors():
        rows = await db.fetch(_LIST.format(schema))
    return [StoredKey(**dict(row), schemas=(schema,)) for row in rows]


async def insert_in(  # noqa: PLR0913, PLR0917 - the columns of the table
    db: Executor,
    schema: str,
    key_hash: str,
    name: str,
    scope: Scope,
    expires_at: datetime | None,
) -> None:
    """Add a key to one service; a known one stays as it is."""
    with translate_errors():
        await db.execute(_INSERT.format(schema), key_hash, name, scope, expires_at)


async def revoke_in(db: Executor, schema: str, key_hash: str, now: datetime) -> None:
    """Revoke a key in one service; a revoked one stays as it is."""
    with translate_errors():
        await db.execute(_REVOKE.format(schema), key_hash, now)


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
