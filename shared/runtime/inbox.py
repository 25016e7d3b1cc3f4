"""Which events a service has taken in already."""

from collections.abc import Collection

from shared.runtime.postgres import Connection

_CLAIM = """
    INSERT INTO inbox (event_id)
    SELECT DISTINCT unnest($1::text[]) ORDER BY 1
    ON CONFLICT DO NOTHING
    RETURNING event_id
"""


async def claim(db: Connection, identities: Collection[str]) -> set[str]:
    """Note the events and return those that this service meets for the first time."""
    return {row["event_id"] for row in await db.fetch(_CLAIM, list(identities))}
