"""The inbox: makes consumers idempotent by recording the events already handled."""

from collections.abc import Collection
from hashlib import blake2b

from shared.runtime.postgres import Connection

_DIGEST_BYTES = 16
_INSERT = """
    INSERT INTO inbox (event)
    SELECT unnest($1::bytea[])
    ON CONFLICT DO NOTHING
    RETURNING event
"""


async def insert_new(db: Connection, identities: Collection[str]) -> set[str]:
    """Insert the identities, and return those that were not in the inbox before.

    The table stores digests, since outsiders choose the identities, which may exceed the maximum
    length of an index entry.
    """
    by_digest = {_digest(identity): identity for identity in identities}
    new = await db.fetch(_INSERT, sorted(by_digest))
    return {by_digest[row["event"]] for row in new}


def _digest(identity: str) -> bytes:
    return blake2b(identity.encode(), digest_size=_DIGEST_BYTES).digest()
