"""Which events a service has taken in already."""

from collections.abc import Collection
from hashlib import blake2b

from shared.runtime.postgres import Connection

_DIGEST_BYTES = 16
_CLAIM = """
    INSERT INTO inbox (event)
    SELECT unnest($1::bytea[])
    ON CONFLICT DO NOTHING
    RETURNING event
"""


async def insert_new(db: Connection, identities: Collection[str]) -> set[str]:
    """Note the events and return those that this service meets for the first time.

    A digest stands for each, since what outsiders choose may be longer than an index takes.
    """
    by_digest = {_digest(identity): identity for identity in identities}
    new = await db.fetch(_CLAIM, sorted(by_digest))
    return {by_digest[row["event"]] for row in new}


def _digest(identity: str) -> bytes:
    return blake2b(identity.encode(), digest_size=_DIGEST_BYTES).digest()
