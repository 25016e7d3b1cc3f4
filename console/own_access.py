"""What lets a person in: their sessions and passkeys, as they see and end them themselves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from console.passkeys import NewPasskey
from console.store import END_SESSIONS, ConsoleStore, Person

_SESSIONS = """
    SELECT session_id, began_at, seen_at FROM sessions
     WHERE name = $1 AND began_at > now() - $2::interval AND seen_at > now() - $3::interval
     ORDER BY seen_at DESC
"""
_PASSKEYS = """
    SELECT encode(credential_id, 'hex'), created_at FROM passkeys
     WHERE name = $1 ORDER BY created_at
"""
_ADD_PASSKEY = """
    INSERT INTO passkeys (credential_id, name, public_key, uses) VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING
"""
_SET_UP = "UPDATE people SET has_first_password = false WHERE name = $1"
# Not the last one: the old password would open the account again.
_REMOVE_PASSKEY = """
    DELETE FROM passkeys
     WHERE name = $1 AND encode(credential_id, 'hex') = $2
       AND (SELECT count(*) FROM passkeys WHERE name = $1) > 1
    RETURNING true
"""
_LOCK = "SELECT FROM people WHERE name = $1 FOR UPDATE"


class OwnSession(NamedTuple):
    """A session that has not ended."""

    session_id: UUID
    began_at: datetime
    seen_at: datetime


class OwnPasskey(NamedTuple):
    """A passkey; its id is hexadecimal."""

    passkey_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OwnAccess:
    """Sessions and passkeys of one person at a time."""

    store: ConsoleStore

    async def sessions(self, name: str) -> Sequence[OwnSession]:
        """Return the sessions of a person, the one used last first."""
        store = self.store
        rows = await store.pool.fetch(_SESSIONS, name, store.lives_for, store.idle_for)
        return [OwnSession(*row) for row in rows]

    async def end_others(self, person: Person) -> None:
        """End all sessions of a person but the present one."""
        await self.store.pool.execute(
            f"{END_SESSIONS} AND session_id <> $2", person.name, person.session_id
        )

    async def passkeys(self, name: str) -> Sequence[OwnPasskey]:
        """Return the passkeys of a person, oldest first."""
        return [OwnPasskey(*row) for row in await self.store.pool.fetch(_PASSKEYS, name)]

    async def add_passkey(self, name: str, passkey: NewPasskey) -> None:
        """Add a passkey and end all sessions; from now on the password alone opens nothing."""
        async with self.store.pool.acquire() as db, db.transaction():
            await db.execute(
                _ADD_PASSKEY, passkey.credential_id, name, passkey.public_key, passkey.uses
            )
            await db.execute(_SET_UP, name)
            await db.execute(END_SESSIONS, name)  # one may be a thief's

    async def remove_passkey(self, name: str, passkey_id: str) -> bool:
        """Remove a passkey and end all sessions; return False for the last one."""
        async with self.store.pool.acquire() as db, db.transaction():
            await db.execute(_LOCK, name)
            if not await db.fetchval(_REMOVE_PASSKEY, name, passkey_id):
                return False
            await db.execute(END_SESSIONS, name)
            return True
