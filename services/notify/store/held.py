"""Messages that are held because too many requests name one contact, for operators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from shared.runtime.postgres import Connection, row_count

_LIST_SQL = """
    SELECT r.flood_key AS contact, count(DISTINCT r.request_id) AS requests, count(*) AS messages,
           min(d.due_at) AS oldest, max(d.due_at) AS newest
      FROM deliveries AS d JOIN requests AS r USING (request_id)
     WHERE d.state = 'held'
     GROUP BY r.flood_key
     ORDER BY messages DESC, contact
"""
_OF_CONTACT = "request_id IN (SELECT request_id FROM requests WHERE flood_key = $1)"
_RELEASE_SQL = f"""
    UPDATE deliveries SET state = 'pending', reason = NULL, not_before = $2
     WHERE state = 'held' AND {_OF_CONTACT}
"""  # noqa: S608 - constants only
_DROP_SQL = f"""
    UPDATE deliveries SET state = 'suppressed' WHERE state = 'held' AND {_OF_CONTACT}
"""  # noqa: S608 - constants only
_LET_THROUGH_SQL = "UPDATE requests SET flooded = false WHERE flood_key = $1 AND flooded"


@dataclass(frozen=True, slots=True)
class HeldMessages:
    """Messages to one contact that are held.

    Attributes:
        contact: Keyed hash of the contact, 32 hex digits.
        requests: Number of requests that they are about.
        messages: Number of messages.
        oldest: When the first of them was due.
        newest: When the last of them was due.
    """

    contact: str
    requests: int
    messages: int
    oldest: datetime
    newest: datetime


async def list_held(db: Connection) -> Sequence[HeldMessages]:
    """Return what is held for each contact, the most messages first."""
    return [HeldMessages(**dict(row)) for row in await db.fetch(_LIST_SQL)]


async def release_held(db: Connection, contact: str, now: datetime) -> int:
    """Let the held messages to a contact be sent, and later ones about the same requests.

    Args:
        db: A connection in notify's schema, in a transaction.
        contact: Keyed hash of the contact.
        now: When they become due.

    Returns:
        The number of messages.
    """
    await db.execute(_LET_THROUGH_SQL, contact)
    return row_count(await db.execute(_RELEASE_SQL, contact, now))


async def drop_held(db: Connection, contact: str) -> int:
    """Never send the held messages to a contact; return how many."""
    return row_count(await db.execute(_DROP_SQL, contact))
