"""Tables of the console: people, sessions and audit."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Literal, TypeAlias
from uuid import UUID

from asyncpg import UniqueViolationError

from console.letters import LETTERS, letters_of
from console.oidc_provider import BadLoginError
from console.passkeys import BadPasskeyError, NewPasskey
from console.passwords import new_hash
from console.undo import Undo
from shared.runtime.ops.audit import audit
from shared.runtime.postgres import Database, Pool
from shared.staff_roles import Role, role_of

_PAGE = 100
MAX_NAME = 100

_ADD = """
    INSERT INTO console.people (name, role, password_hash, has_first_password)
    VALUES ($1, $2, $3, $4)
    ON CONFLICT DO NOTHING RETURNING name
"""
# None of somebody who is locked out, or whose password was replaced since it was checked.
_BEGIN = """
    WITH person AS (SELECT name FROM people
                     WHERE name = $2 AND is_active AND ($5::text IS NULL OR password_hash = $5)
                       FOR SHARE),
    before AS (DELETE FROM sessions WHERE token_hash = $6 AND EXISTS (SELECT FROM person))
    INSERT INTO sessions (token_hash, name, form_token, proved_at)
    SELECT $1, name, $3, coalesce($4, now()) FROM person
    RETURNING true
"""
END_SESSIONS = "DELETE FROM sessions WHERE name = $1"
# The account of a person at the provider. A name that somebody else has here is not taken over.
_AT_PROVIDER = """
    INSERT INTO people (name, role, oidc_subject, has_first_password) VALUES ($2, $3, $1, false)
    ON CONFLICT (oidc_subject) DO UPDATE SET role = excluded.role
    RETURNING name, is_active
"""
# A session is known while it is young, was used lately, and its person may still log in.
_SEEN = """
    UPDATE sessions SET seen_at = now()
      FROM people
     WHERE token_hash = $1 AND people.name = sessions.name AND is_active
       AND began_at > now() - $2::interval AND seen_at > now() - $3::interval
    RETURNING session_id, people.name, role, has_first_password, uses_keys, keys_with_alt,
              form_token, proved_at > now() - interval '10 minutes', letters, team,
              CASE WHEN undo_at > now() - interval '10 seconds' THEN undo END,
              oidc_subject IS NOT NULL, EXISTS (SELECT FROM passkeys WHERE name = people.name)
"""
_IS_AT_PROVIDER = """
    SELECT EXISTS (SELECT FROM people WHERE name = $1 AND oidc_subject IS NOT NULL)
"""
_HASH_OF = """
    SELECT password_hash FROM people
     WHERE name = $1 AND is_active AND oidc_subject IS NULL
       AND (NOT has_first_password OR first_password_until > now())
       AND NOT EXISTS (SELECT FROM passkeys WHERE passkeys.name = people.name)
"""
_REPLACE_HASH = """
    UPDATE people SET password_hash = $2, has_first_password = $3,
                      first_password_until = now() + interval '3 days'
     WHERE name = $1
"""
_PASSKEY = """
    SELECT name, credential_id, public_key, uses FROM passkeys JOIN people USING (name)
     WHERE credential_id = $1 AND is_active AND oidc_subject IS NULL
"""
_LASTS = """
    SELECT EXISTS (SELECT FROM sessions JOIN people USING (name)
                    WHERE token_hash = $1 AND is_active
                      AND began_at > now() - $2::interval AND seen_at > now() - $3::interval)
"""
_LIST_PEOPLE = """
    SELECT people.name, role, is_active, oidc_subject IS NOT NULL,
           count(session_id) FILTER (WHERE seen_at > now() - $1::interval), max(seen_at)
      FROM people LEFT JOIN sessions USING (name)
     GROUP BY people.name ORDER BY people.name
"""
_LIST_AUDIT = """
    SELECT number, at, name, action, about FROM audit
     WHERE number < $1 AND ($2 = '' OR name = $2)
     ORDER BY number DESC LIMIT $3
"""
_LAST_DONE = "SELECT max(at) FROM audit WHERE about = $2 AND action = $1"
_DEPEND_ON_EACH_OTHER = """
    SELECT EXISTS (SELECT FROM audit
                    WHERE (about, name) IN (($1, $2), ($2, $1)) AND at > now() - interval '1 day'
                      AND action IN ('person_add', 'person_password', 'person_role'))
"""
_COUNT_TODAY = """
    SELECT action, count(*) FROM audit
     WHERE name = $1 AND starts_with(action, $2)
       AND at >= date_trunc('day', now() AT TIME ZONE $3) AT TIME ZONE $3
     GROUP BY action
"""
_EXPIRE = "DELETE FROM sessions WHERE began_at < now() - $1::interval"
_FORGET_PRESENCE = "DELETE FROM presence WHERE seen_at < now() - interval '1 minute'"
_FORGET_UNDO = "UPDATE sessions SET undo = NULL WHERE undo_at < now() - interval '1 minute'"


Keys: TypeAlias = Literal["on", "alt", "off"]


@dataclass(frozen=True, slots=True)
class Person:
    """The person of a session.

    Attributes:
        has_first_password: True until the person has replaced the one that somebody else made.
        keys: Single-letter keys: ``on``, ``alt`` where they need the Alt key, or ``off``.
        form_token: Token that every form of the session carries.
        has_just_logged_in: True within ten minutes of proving who they are.
        letters: The key of each action; an empty one is off.
        team: Code of the bureau whose cases the person looks after; empty for none.
        undo: The way back from the command of the last ten seconds.
        is_at_provider: True for somebody who logs in at the city's own provider alone.
        needs_passkey: True until somebody of a high role has a passkey.
    """

    session_id: UUID
    name: str
    role: Role
    has_first_password: bool
    keys: Keys
    form_token: str
    has_just_logged_in: bool
    letters: Mapping[str, str] = field(default_factory=lambda: LETTERS)
    team: str = ""
    undo: Undo | None = None
    is_at_provider: bool = False
    needs_passkey: bool = False

    @property
    def must_set_up(self) -> bool:
        """True while their own page alone is open to them."""
        return self.has_first_password or self.needs_passkey


@dataclass(frozen=True, slots=True)
class Account:
    """A person in the list of people; ``sessions`` are those used lately."""

    name: str
    role: Role
    is_active: bool
    is_at_provider: bool
    sessions: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What a person did, and when."""

    number: int
    at: datetime
    name: str
    action: str
    about: str


def is_name(name: str) -> bool:
    """Return True for a name that a person can have: 1 to 100 printable characters."""
    return name.isprintable() and 1 <= len(name) <= MAX_NAME


async def add_person(
    db: "Pool | Database", name: str, role: Role, password: str, *, by_owner: bool = False
) -> bool:
    """Add a person; return False when the name is taken.

    Args:
        by_owner: False for a first password, which its owner must replace within three days.
    """
    password_hash = await new_hash(password)
    return await db.fetchval(_ADD, name, role.label, password_hash, not by_owner) is not None


@dataclass(frozen=True, slots=True)
class ConsoleStore:
    """People, sessions and audit.

    Attributes:
        lives_for, idle_for: Bounds of a session.
        passkey_from: Lowest role that needs a passkey; None for no role.
    """

    pool: Pool
    lives_for: timedelta
    idle_for: timedelta
    passkey_from: Role | None = None

    async def password_hash(self, name: str) -> str | None:
        """Return the hash of a password that opens something.

        None for somebody with a passkey or locked out, and after three days of a first password.
        """
        found: str | None = await self.pool.fetchval(_HASH_OF, name)
        return found

    async def passkey(self, credential_id: bytes) -> tuple[str, NewPasskey]:
        """Return an active person's name and passkey; BadPasskeyError for an unknown id."""
        row = await self.pool.fetchrow(_PASSKEY, credential_id)
        if row is None:
            raise BadPasskeyError
        return row[0], NewPasskey(*row[1:])

    async def count_passkey_use(self, credential_id: bytes, uses: int) -> None:
        """Keep the counter of a passkey after a log-in."""
        await self.pool.execute(
            "UPDATE passkeys SET uses = $2 WHERE credential_id = $1", credential_id, uses
        )

    async def name_at_provider(self, subject: str, name: str, role: Role) -> str:
        """Return the name of a person at the provider, added if new; they have this role now.

        Raises:
            BadLoginError: ``locked_out``; ``taken`` if another account has the name; ``refused``
                for no name.
        """
        if not is_name(name):
            raise BadLoginError("refused")
        try:
            row = await self.pool.fetchrow(_AT_PROVIDER, subject, name, role.label)
        except UniqueViolationError as error:
            raise BadLoginError("taken") from error
        if row is None or not row["is_active"]:
            raise BadLoginError("locked_out")
        return str(row["name"])

    async def is_at_provider(self, name: str) -> bool:
        """Return True for somebody who logs in at the city's own provider alone."""
        return bool(await self.pool.fetchval(_IS_AT_PROVIDER, name))

    async def begin_session(
        self,
        name: str,
        proved_at: datetime | None = None,
        password_hash: str | None = None,
        *,
        before: str = "",
    ) -> str | None:
        """Begin a session; return its token, of which only the hash is kept.

        None for somebody who is locked out, or whose password is no longer that of the hash.

        Args:
            proved_at: When the person proved who they are; by default now.
            before: Token of the browser's session before this one, which ends.
        """
        token = token_urlsafe(32)
        ids = _digest(token), name, token_urlsafe(24)
        has_begun = await self.pool.fetchval(
            _BEGIN, *ids, proved_at, password_hash, _digest(before)
        )
        return token if has_begun else None

    async def person(self, token: str) -> Person | None:
        """Return the person of a session and note its use; None when it has ended."""
        row = await self.pool.fetchrow(_SEEN, _digest(token), self.lives_for, self.idle_for)
        if row is None:
            return None
        session_id, name, role, has_first_password, uses_keys, with_alt, *rest = row
        token, has_just_logged_in, letters, team, undo, is_at_provider, has_passkey = rest
        is_high = self.passkey_from is not None and role_of(role) >= self.passkey_from
        return Person(
            session_id,
            name,
            role_of(role),
            has_first_password,
            "off" if not uses_keys else "alt" if with_alt else "on",
            token,
            has_just_logged_in,
            letters_of(json.loads(letters)),
            team,
            undo and Undo.model_validate_json(undo),
            is_at_provider,
            needs_passkey=is_high and not (has_passkey or is_at_provider),
        )

    async def offer_undo(self, session_id: UUID, undo: Undo | None) -> None:
        """Let the pages of the next ten seconds offer a way back; None for no way."""
        await self.pool.execute(
            "UPDATE sessions SET undo = $2, undo_at = now() WHERE session_id = $1",
            session_id,
            undo and undo.model_dump_json(),
        )

    async def lasts(self, token: str) -> bool:
        """Return True while a session lasts; an open page alone does not prolong it."""
        bounds = self.lives_for, self.idle_for
        return bool(await self.pool.fetchval(_LASTS, _digest(token), *bounds))

    async def end_session(self, session_id: UUID) -> None:
        """End one session."""
        await self.pool.execute("DELETE FROM sessions WHERE session_id = $1", session_id)

    async def end_sessions(self, name: str) -> None:
        """End all sessions of a person, at once."""
        await self.pool.execute(END_SESSIONS, name)

    async def expire_sessions(self) -> None:
        """Delete the sessions that are over in any case, past presence and old offers of undo."""
        await self.pool.execute(_EXPIRE, self.lives_for)
        await self.pool.execute(_FORGET_PRESENCE)
        await self.pool.execute(_FORGET_UNDO)

    async def set_password(self, name: str, password_hash: str, *, by_owner: bool) -> None:
        """Replace a password; all sessions end, since one may be a thief's."""
        async with self.pool.acquire() as db, db.transaction():
            await db.execute(_REPLACE_HASH, name, password_hash, not by_owner)
            await db.execute(END_SESSIONS, name)
            if not by_owner:  # they may have lost the passkey
                await db.execute("DELETE FROM passkeys WHERE name = $1", name)

    async def set_role(self, name: str, role: Role) -> None:
        """Change a role; it holds from the next request on."""
        await self.pool.execute("UPDATE people SET role = $2 WHERE name = $1", name, role.label)

    async def set_active(self, name: str, *, is_active: bool) -> None:
        """Let a person log in, or not; their sessions end at once."""
        async with self.pool.acquire() as db, db.transaction():
            await db.execute("UPDATE people SET is_active = $2 WHERE name = $1", name, is_active)
            await db.execute(END_SESSIONS, name)

    async def people(self) -> Sequence[Account]:
        """Return everybody, by name."""
        rows = await self.pool.fetch(_LIST_PEOPLE, self.idle_for)
        return [Account(name, role_of(role), *rest) for name, role, *rest in rows]

    async def record(self, name: str, action: str, about: str = "") -> None:
        """Add an entry to the audit, and a line to the audit stream."""
        audit("console_action", user=name, action=action, about=about)
        await self.pool.execute(
            "INSERT INTO audit (name, action, about) VALUES ($1, $2, $3)", name, action, about
        )

    async def depend_on_each_other(self, name: str, other: str) -> bool:
        """Return True when one of the two made or changed the other's account within a day."""
        return bool(await self.pool.fetchval(_DEPEND_ON_EACH_OTHER, name, other))

    async def counts_today(self, name: str, prefix: str, zone: str) -> Mapping[str, int]:
        """Return how often a person did what begins so since midnight in a time zone."""
        rows = await self.pool.fetch(_COUNT_TODAY, name, prefix, zone)
        return {row[0]: row[1] for row in rows}

    async def last_done(self, action: str, about: str) -> datetime | None:
        """Return when somebody last did something to a thing; None for never."""
        at: datetime | None = await self.pool.fetchval(_LAST_DONE, action, about)
        return at

    async def audit(self, before: int = 2**63 - 1, name: str = "") -> Sequence[AuditEntry]:
        """Return a page of the audit, newest first, optionally of one person."""
        return [AuditEntry(*row) for row in await self.pool.fetch(_LIST_AUDIT, before, name, _PAGE)]


def _digest(token: str) -> bytes:
    return sha256(token.encode()).digest()
