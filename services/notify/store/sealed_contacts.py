"""Contacts as they are stored: each value sealed with the key of its person."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog
from asyncpg import Record

from shared.errors import SystemicError
from shared.runtime.postgres import Connection, columns
from shared.runtime.sealing import Sealer, UnreadableError, is_sealed

# One statement locks the keys of known people as well, in the order of their hashes, so that none
# is destroyed meanwhile and no two transactions deadlock.
_ENSURE_SQL = """
    INSERT INTO contact_keys AS known (person, wrapped, secret_id)
    SELECT *, $3 FROM unnest($1::text[], $2::bytea[]) AS new (person, wrapped) ORDER BY person
    ON CONFLICT (person) DO UPDATE SET person = excluded.person
    RETURNING person, wrapped
"""
_LOCK_SQL = """
    SELECT person FROM contact_keys
     WHERE person IN (SELECT person FROM requests WHERE request_id = ANY($1::uuid[]))
     ORDER BY person
       FOR UPDATE
"""
_DESTROY_SQL = """
    DELETE FROM contact_keys AS known
     WHERE person = ANY($1::text[])
       AND NOT EXISTS (SELECT FROM requests WHERE requests.person = known.person)
"""
_SOME_SQL = "SELECT person, wrapped FROM contact_keys ORDER BY person LIMIT 10"
_STRANGE_SQL = "SELECT EXISTS (SELECT FROM contact_keys WHERE secret_id <> ALL($1::text[]))"
_HASH_KEY_SQL = "SELECT wrapped FROM hash_key"
_KEEP_HASH_KEY_SQL = """
    INSERT INTO hash_key (wrapped, secret_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""
_USE = "contacts at rest"
HASHES = "hashes of people"
"""Owner of the key of the hashes, as it is wrapped."""


class WrongContactKeyError(SystemicError):
    """``NOTIFY_CONTACT_KEY`` and the one before do not open the keys in the database."""

    code = "wrong_contact_key"


@dataclass(slots=True)
class ContactKeys:
    """The secrets behind people's hashes and keys, checked once against the database.

    With wrong secrets stored contacts could not be read, and new ones would be lost with them.

    Attributes:
        secrets: ``NOTIFY_CONTACT_KEY``, then the previous one.
        passed: True once they were checked.
    """

    secrets: Sequence[bytes]
    sealer: Sealer = field(init=False)
    passed: bool = field(default=False, init=False)
    _hash_key: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        """Derive the sealer."""
        present, *before = self.secrets
        self.sealer = Sealer.derived(present, _USE, *before)

    async def require(self, db: Connection) -> bytes:
        """Check the secrets once; return the key of the hashes of people.

        Raises:
            WrongContactKeyError: A key is wrapped with another secret, or no stored key opens.
        """
        if not self.passed:
            self._hash_key = await self._checked(db)
            self.passed = True
        return self._hash_key

    async def keep_hash_key(self, db: Connection) -> None:
        """Store the key of the hashes once, in a transaction, so that it outlives its secret.

        Raises:
            WrongContactKeyError: As for ``require``.
        """
        wrapped = self.sealer.wrap(await self.require(db), HASHES)
        await db.execute(_KEEP_HASH_KEY_SQL, wrapped, self.sealer.key_ids[0])

    async def _checked(self, db: Connection) -> bytes:
        some = await db.fetch(_SOME_SQL)
        # From the oldest, which the hashes of an older version were made with.
        opening = [one for one in reversed(self.secrets) if _opens_any(one, some)]
        if (some and not opening) or await db.fetchval(_STRANGE_SQL, self.sealer.key_ids):
            raise WrongContactKeyError("NOTIFY_CONTACT_KEY is not that of the stored contacts")
        wrapped = await db.fetchval(_HASH_KEY_SQL)
        if wrapped is None:
            return next(iter(opening), self.secrets[-1])
        try:
            return self.sealer.unwrap(wrapped, HASHES)
        except UnreadableError:
            raise WrongContactKeyError(
                "NOTIFY_CONTACT_KEY is not that of the stored hashes"
            ) from None


def _opens_any(secret: bytes, keys: Sequence[Record]) -> bool:
    sealer = Sealer.derived(secret, _USE)
    for row in keys:
        with suppress(UnreadableError):
            sealer.unwrap(row["wrapped"], row["person"])
            return True
    return False


async def ensure_keys(
    db: Connection, people: Collection[str], sealer: Sealer
) -> Mapping[str, Sealer]:
    """Return the sealer of each person, with new keys where needed; locks the keys.

    Raises:
        UnreadableError: A stored key is damaged.
    """
    new = {person: sealer.new_wrapped_key(person) for person in people}
    rows = await db.fetch(_ENSURE_SQL, list(new), list(new.values()), sealer.key_ids[0])
    return {row["person"]: sealer.unwrapped(row["wrapped"], row["person"]) for row in rows}


async def lock_keys(db: Connection, request_ids: Collection[str]) -> list[str]:
    """Lock the keys of the people of these requests, and return the people's hashes."""
    return [row["person"] for row in await db.fetch(_LOCK_SQL, sorted(request_ids))]


async def destroy_keys(db: Connection, people: Collection[str]) -> None:
    """Destroy the locked keys of people who have no contact left."""
    await db.execute(_DESTROY_SQL, people)


log = structlog.get_logger()

SEALED_COLUMNS = """
    r.request_id AS sealed_for, r.sealed_mailbox, r.sealed_phone, r.sealed_name,
    k.person AS key_of, k.wrapped AS wrapped_key
"""
"""What ``open_contact`` needs of ``requests AS r`` and ``JOIN_KEY``."""
JOIN_KEY = "LEFT JOIN contact_keys AS k ON k.person = r.person"
# By the stored id and not by its text in the result, which no index has.
_UNSEALED_SQL = """
    SELECT request_id::text, person, sealed_mailbox, sealed_phone, sealed_name
      FROM requests
     WHERE sealed_mailbox NOT LIKE 'sealed:%' OR sealed_phone NOT LIKE 'sealed:%'
        OR sealed_name NOT LIKE 'sealed:%'
     ORDER BY requests.request_id
     LIMIT $1
       FOR UPDATE
"""
_SEAL_SQL = """
    UPDATE requests
       SET sealed_mailbox = new.mailbox, sealed_phone = new.phone, sealed_name = new.name
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[])
           AS new (request_id, mailbox, phone, name)
     WHERE requests.request_id = new.request_id
"""


class StoredContact(NamedTuple):
    """The contact of a request, sealed or open; the phone number is E.164."""

    mailbox: str | None
    phone: str | None
    name: str | None

    def sealed(self, request_id: str, key: Sealer) -> "StoredContact":
        """Return the contact sealed for its request with the key of its person."""
        places = _places(request_id)
        return StoredContact(*(key.seal(value, next(places)) for value in self))


def open_contact(row: Record, sealer: Sealer) -> StoredContact:
    """Return the contact in a row with ``SEALED_COLUMNS``.

    Raises:
        UnreadableError: The key of the person was destroyed, or something is damaged.
    """
    stored = StoredContact(row["sealed_mailbox"], row["sealed_phone"], row["sealed_name"])
    if not any(value and is_sealed(value) for value in stored):
        return stored  # none, or one from before there were seals
    if row["wrapped_key"] is None:
        raise UnreadableError("the key of the person is gone")
    key = sealer.unwrapped(row["wrapped_key"], row["key_of"])
    places = _places(str(row["sealed_for"]))
    return StoredContact(*(key.open(value, next(places)) for value in stored))


def open_if_readable(row: Record, sealer: Sealer) -> StoredContact:
    """Return the contact in a row; an unreadable one is logged and returned empty."""
    try:
        return open_contact(row, sealer)
    except UnreadableError as error:
        log.error("contact_unreadable", request=str(row["sealed_for"]), reason=str(error))  # noqa: TRY400 - a traceback says no more
        return StoredContact(None, None, None)


async def seal_unsealed(db: Connection, sealer: Sealer, limit: int) -> int:
    """Seal up to ``limit`` contacts stored by a version without seals; return their number."""
    rows = await db.fetch(_UNSEALED_SQL, limit)
    if not rows:
        return 0
    keys = await ensure_keys(db, {row["person"] for row in rows}, sealer)
    sealed = []
    for row in rows:
        request_id, person, *values = row
        sealed.append((request_id, *StoredContact(*values).sealed(request_id, keys[person])))
    await db.execute(_SEAL_SQL, *columns(sealed))
    return len(rows)


def _places(request_id: str) -> Iterator[str]:
    return (f"{request_id} {field}" for field in StoredContact._fields)
