"""API keys: authentication of HTTP callers by bearer token."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, TypeAlias

from shared.errors import SystemicError, TransientError
from shared.runtime.database import open_database
from shared.runtime.postgres import Pool, translate_errors

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
