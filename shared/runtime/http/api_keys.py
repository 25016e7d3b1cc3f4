"""Bearer keys: who calls over HTTP, and what they may do."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

import asyncpg

from shared.runtime.postgres import Pool, translate_errors

Scope: TypeAlias = Literal["adapter", "bureau", "operator"]

_BEARER = "Bearer "
_FIND = "SELECT name, scope FROM api_keys WHERE key_hash = $1"
_STORE = """
    INSERT INTO api_keys (key_hash, name, scope) VALUES ($1, $2, $3)
    ON CONFLICT (key_hash) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who holds a key: an adapter, a bureau by its code, or an operator."""

    name: str
    scope: Scope


def hash_key(key: str) -> str:
    """Return what is stored of a key.

    Keys are random and long, so a plain hash cannot be reversed by trying.
    """
    return sha256(key.encode()).hexdigest()


async def authenticate(pool: Pool, authorization: str | None) -> Principal | None:
    """Return who sent this ``Authorization`` header, or None for nobody we know."""
    if not authorization or not authorization.startswith(_BEARER):
        return None
    with translate_errors():
        row = await pool.fetchrow(_FIND, hash_key(authorization.removeprefix(_BEARER).strip()))
    return Principal(row["name"], row["scope"]) if row else None


async def store_keys(admin_dsn: str, schema: str, keys: Iterable[tuple[str, Scope, str]]) -> None:
    """Let the service of this schema know the keys, given as name, scope and key; idempotent."""
    connection = await asyncpg.connect(admin_dsn, server_settings={"search_path": schema})
    try:
        await connection.executemany(
            _STORE, [(hash_key(key), name, scope) for name, scope, key in keys]
        )
    finally:
        await connection.close()
