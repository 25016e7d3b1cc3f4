"""Rotation of ``NOTIFY_CONTACT_KEY``: rewraps keys with the present secret."""

from dataclasses import dataclass, replace

from services.notify.store.sealed_contacts import HASHES
from shared.runtime.postgres import Connection, columns
from shared.runtime.sealing import Sealer, UnreadableError

# In the order in which all transactions lock keys. A key that is destroyed meanwhile is left out.
_NEXT_SQL = """
    SELECT person, wrapped FROM contact_keys
     WHERE person > $1 AND secret_id IS DISTINCT FROM $2
     ORDER BY person
     LIMIT $3
       FOR UPDATE
"""
_SAVE_SQL = """
    UPDATE contact_keys AS known SET wrapped = new.wrapped, secret_id = $3
      FROM unnest($1::text[], $2::bytea[]) AS new (person, wrapped)
     WHERE known.person = new.person
"""
_LOCK_HASH_KEY_SQL = "SELECT wrapped FROM hash_key FOR UPDATE"
_SAVE_HASH_KEY_SQL = "UPDATE hash_key SET wrapped = $1, secret_id = $2"
_COUNT_SQL = """
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
    """Progress of a run.

    Attributes:
        last: Hash of the last person processed.
        unreadable: Number of keys that no secret opens; they stay as they are.
    """

    last: str = ""
    wrapped: int = 0
    unreadable: int = 0


async def count_keys(db: Connection, sealer: Sealer) -> KeyCounts:
    """Count the keys of people, and the key of the hashes, by their secret."""
    row = await db.fetchrow(_COUNT_SQL, sealer.key_ids[0])
    assert row is not None  # noqa: S101 - a count always has its row
    return KeyCounts(row["present"], row["older"])


async def rewrap_next(
    db: Connection, sealer: Sealer, progress: RewrapProgress, limit: int
) -> RewrapProgress | None:
    """Wrap the next ``limit`` keys, in a transaction; None when no key is left."""
    rows = await db.fetch(_NEXT_SQL, progress.last, sealer.key_ids[0], limit)
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
        await db.execute(_SAVE_SQL, *columns(rewrapped), sealer.key_ids[0])
    return replace(
        progress,
        last=rows[-1]["person"],
        wrapped=progress.wrapped + len(rewrapped),
        unreadable=progress.unreadable + len(rows) - len(rewrapped),
    )


async def rewrap_hash_key(db: Connection, sealer: Sealer) -> None:
    """Wrap the stored key of the hashes with the present secret, in a transaction.

    Raises:
        UnreadableError: No secret opens it.
    """
    wrapped = await db.fetchval(_LOCK_HASH_KEY_SQL)
    rewrapped = sealer.wrap(sealer.unwrap(wrapped, HASHES), HASHES)
    await db.execute(_SAVE_HASH_KEY_SQL, rewrapped, sealer.key_ids[0])
