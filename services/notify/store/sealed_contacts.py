"""Contacts as they are stored: each value sealed with the key of its person."""

from collections.abc import Iterator
from typing import NamedTuple

import structlog
from asyncpg import Record

from services.notify.store.contact_keys import ensure_keys
from shared.runtime.postgres import Connection, columns
from shared.runtime.sealing import Sealer, UnreadableError, is_sealed

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
    """The contact of a request, sealed or open.

    Attributes:
        mailbox: E-mail address; None for none.
        phone: Phone number, E.164; None for none.
        name: Name; None where it is unknown.
    """

    mailbox: str | None
    phone: str | None
    name: str | None

    def sealed(self, request_id: str, key: Sealer) -> "StoredContact":
        """Return the contact sealed for its request with the key of its person."""
        places = _places(request_id)
        return StoredContact(*(key.seal(value, next(places)) for value in self))


def open_contact(row: Record, sealer: Sealer) -> StoredContact:
    """Return the contact in a row with ``SEALED_COLUMNS``.

    Args:
        row: The row.
        sealer: Ours, which wraps the keys of people.

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
    """Return the contact in a row, and nothing of one that cannot be read, which is logged."""
    try:
        return open_contact(row, sealer)
    except UnreadableError as error:
        log.error("contact_unreadable", request=str(row["sealed_for"]), reason=str(error))  # noqa: TRY400 - a traceback says no more
        return StoredContact(None, None, None)


async def seal_unsealed(db: Connection, sealer: Sealer, limit: int) -> int:
    """Seal contacts from before there were seals.

    Args:
        db: A connection in a transaction with notify's schema.
        sealer: Ours.
        limit: How many requests at most.

    Returns:
        How many they were.
    """
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
