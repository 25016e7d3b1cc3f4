"""Contacts at rest: each value sealed with the key of its person, each key with a secret.

``NOTIFY_CONTACT_KEY`` is rotated by rewrapping the keys with the present secret.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import structlog
from asyncpg import Record

from services.notify.rules.model import ReporterContact
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
       AND NOT EXISTS (SELECT FROM area_alerts WHERE area_alerts.person = known.person)
"""
_SOME_SQL = "SELECT person, wrapped FROM contact_keys ORDER BY person LIMIT 10"
_STRANGE_SQL = "SELECT EXISTS (SELECT FROM contact_keys WHERE secret_id <> ALL($1::text[]))"
_HASH_KEY_SQL = "SELECT wrapped FROM hash_key"
_KEEP_HASH_KEY_SQL = """
    INSERT INTO hash_key (wrapped, secret_id) VALUES ($1, $2) ON CONFLICT DO NOTHING
"""
_USE = "contacts at rest"
# Owner of the key of the hashes, as it is wrapped.
HASHES = "hashes of people"


class WrongContactKeyError(SystemicError):
    """``NOTIFY_CONTACT_KEY`` and the one before do not open the keys in the database."""

    code = "wrong_contact_key"


@dataclass(slots=True)
class ContactKeys:
    """The secrets behind people's hashes and keys, checked once against the database.

    With wrong secrets stored contacts could not be read, and new ones would be lost with them.
    """

    secrets: Sequence[bytes]  # `NOTIFY_CONTACT_KEY`, then the previous one
    sealer: Sealer = field(init=False)
    passed: bool = field(default=False, init=False)  # True once they were checked
    _hash_key: bytes = field(default=b"", init=False, repr=False)

    def __post_init__(self) -> None:
        """Derive the sealer."""
        present, *before = self.secrets
        self.sealer = Sealer.derived(present, _USE, *before)

    async def require(self, db: Connection) -> bytes:
        """Check the secrets once; return the key of hashes, or raise ``WrongContactKeyError``."""
        if not self.passed:
            self._hash_key = await self._checked(db)
            self.passed = True
        return self._hash_key

    async def keep_hash_key(self, db: Connection) -> None:
        """Store the key of the hashes once, to outlive its secret; raises as ``require``."""
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

    A damaged key raises ``UnreadableError``.
    """
    new = {person: sealer.new_wrapped_key(person) for person in people}
    rows = await db.fetch(_ENSURE_SQL, list(new), list(new.values()), sealer.key_ids[0])
    return {row["person"]: sealer.unwrapped(row["wrapped"], row["person"]) for row in rows}


async def lock_keys(db: Connection, request_ids: Collection[str]) -> list[str]:
    """Lock the keys of the people of these requests, and return the people's hashes."""
    return [row["person"] for row in await db.fetch(_LOCK_SQL, sorted(request_ids))]


async def destroy_keys(db: Connection, people: Collection[str]) -> None:
    """Destroy the locked keys of people who have no contact and no alert left."""
    await db.execute(_DESTROY_SQL, people)


log = structlog.get_logger()

# What `open_contact` needs of `requests AS r` and `JOIN_KEY`.
SEALED_COLUMNS = """
    r.request_id AS sealed_for, r.sealed_mailbox, r.sealed_phone, r.sealed_name,
    k.person AS key_of, k.wrapped AS wrapped_key
"""
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
    """Return the contact in a row with ``SEALED_COLUMNS``, or raise ``UnreadableError``."""
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


# In the order in which all transactions lock keys. A key that is destroyed meanwhile is left out.
_NEXT_WRAPPED_SQL = """
    SELECT person, wrapped FROM contact_keys
     WHERE person > $1 AND secret_id IS DISTINCT FROM $2
     ORDER BY person
     LIMIT $3
       FOR UPDATE
"""
_SAVE_WRAPPED_SQL = """
    UPDATE contact_keys AS known SET wrapped = new.wrapped, secret_id = $3
      FROM unnest($1::text[], $2::bytea[]) AS new (person, wrapped)
     WHERE known.person = new.person
"""
_LOCK_HASH_KEY_SQL = "SELECT wrapped FROM hash_key FOR UPDATE"
_SAVE_HASH_KEY_SQL = "UPDATE hash_key SET wrapped = $1, secret_id = $2"
_COUNT_KEYS_SQL = """
    SELECT count(*) FILTER (WHERE secret_id = $1) AS present,
           count(*) FILTER (WHERE secret_id IS DISTINCT FROM $1) AS older
      FROM (SELECT secret_id FROM contact_keys UNION ALL SELECT secret_id FROM hash_key) AS keys
"""


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """Number of stored keys wrapped with the present secret, and with another or an unknown one."""

    present: int
    older: int


@dataclass(frozen=True, slots=True)
class RewrapProgress:
    """Progress of a run."""

    last: str = ""  # hash of the last person processed
    wrapped: int = 0
    unreadable: int = 0  # number of keys that no secret opens; they stay as they are


async def count_keys(db: Connection, sealer: Sealer) -> KeyCounts:
    """Count the keys of people, and the key of the hashes, by their secret."""
    row = await db.fetchrow(_COUNT_KEYS_SQL, sealer.key_ids[0])
    assert row is not None  # noqa: S101 - a count always has its row
    return KeyCounts(row["present"], row["older"])


async def rewrap_next(
    db: Connection, sealer: Sealer, progress: RewrapProgress, limit: int
) -> RewrapProgress | None:
    """Wrap the next ``limit`` keys, in a transaction; None when no key is left."""
    rows = await db.fetch(_NEXT_WRAPPED_SQL, progress.last, sealer.key_ids[0], limit)
    if not rows:
        return None
    rewrapped = []
    for row in rows:
        try:
            key = sealer.unwrap(row["wrapped"], row["person"])
        except UnreadableError:
            continue
        rewrapped.append((row["person"], sealer.wrap(key, row["person"])))
    if rewrapped:
        await db.execute(_SAVE_WRAPPED_SQL, *columns(rewrapped), sealer.key_ids[0])
    return replace(
        progress,
        last=rows[-1]["person"],
        wrapped=progress.wrapped + len(rewrapped),
        unreadable=progress.unreadable + len(rows) - len(rewrapped),
    )


async def rewrap_hash_key(db: Connection, sealer: Sealer) -> None:
    """Wrap the stored key of the hashes with the present secret, or raise ``UnreadableError``."""
    wrapped = await db.fetchval(_LOCK_HASH_KEY_SQL)
    rewrapped = sealer.wrap(sealer.unwrap(wrapped, HASHES), HASHES)
    await db.execute(_SAVE_HASH_KEY_SQL, rewrapped, sealer.key_ids[0])


# A contact that was erased never comes back, whatever is read again. What was decided about a
# flood when the contact was first saved stays.
_SAVE_CONTACTS_SQL = """
    UPDATE requests
       SET person = new.person, sealed_mailbox = new.mailbox, sealed_phone = new.phone,
           phone_ref = new.phone_ref, wants_email = new.wants_email, wants_sms = new.wants_sms,
           sealed_name = new.name, contact_language = new.contact_language,
           flood_key = new.flood_key, informed_sms = new.informed_sms,
           flooded = CASE WHEN requests.contact_received_at IS NULL THEN new.flooded
                          ELSE requests.flooded END,
           contact_received_at = coalesce(requests.contact_received_at, new.received_at)
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::boolean[], $8::boolean[], $9::text[], $10::text[], $11::timestamptz[],
                  $12::boolean[], $13::boolean[])
           AS new (request_id, person, mailbox, phone, name, phone_ref, wants_email, wants_sms,
                   contact_language, flood_key, received_at, flooded, informed_sms)
     WHERE requests.request_id = new.request_id AND NOT requests.erased
"""
_ERASE_PREFERENCES_SQL = """
    DELETE FROM preferences AS p
     WHERE person IN (SELECT person FROM requests WHERE request_id = ANY($1::uuid[]))
       AND NOT EXISTS (SELECT FROM deliveries JOIN requests AS r USING (request_id)
                        WHERE deliveries.person = p.person AND r.person = p.person
                          AND r.request_id <> ALL($1::uuid[]))
"""
_ERASE_CONTACTS_SQL = """
    UPDATE requests
       SET person = NULL, sealed_mailbox = NULL, sealed_phone = NULL, phone_ref = NULL,
           has_phone = NULL, wants_email = NULL, wants_sms = NULL, sealed_name = NULL,
           contact_language = NULL, flood_key = NULL, words = NULL, erased = true
     WHERE request_id = ANY($1::uuid[])
"""


async def save_contacts(
    db: Connection, contacts: Collection[ReporterContact], sealer: Sealer | None
) -> None:
    """Save contacts of locked requests, except those that were erased.

    Without a sealer it raises ``ValueError``, for a person's damaged key ``UnreadableError``.
    """
    if sealer is None:
        raise ValueError("contacts are saved with a sealer alone")
    keys = await ensure_keys(db, {contact.recipient.person for contact in contacts}, sealer)
    rows = [
        (
            contact.request_id,
            contact.recipient.person,
            *StoredContact(contact.mailbox, contact.phone, contact.name).sealed(
                contact.request_id, keys[contact.recipient.person]
            ),
            contact.phone_ref,
            "email" in contact.recipient.wants,
            "sms" in contact.recipient.wants,
            next(iter(contact.recipient.languages), None),
            contact.flood_key,
            contact.received_at,
            contact.is_flooded,
            "sms" in contact.recipient.informed,
        )
        for contact in contacts
    ]
    await db.execute(_SAVE_CONTACTS_SQL, *columns(rows))


async def erase_contacts(db: Connection, request_ids: Collection[str]) -> None:
    """Erase the contacts of locked requests and the preferences of their people, for ever.

    With the last contact of a person their key is destroyed.
    """
    people = await lock_keys(db, request_ids)
    for statement in (_ERASE_PREFERENCES_SQL, _ERASE_CONTACTS_SQL):
        await db.execute(statement, sorted(request_ids))
    await destroy_keys(db, people)
