"""The messages of a day in PostgreSQL: counting, suppressing and merging them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.notify.rules.daily_limit import (
    EXEMPT_PRIORITY,
    EXEMPT_TEMPLATES,
    MessagesOfDay,
    reader_days,
)
from services.notify.rules.model import StoredDelivery
from shared.runtime.postgres import Connection, columns, row_count

# Sorted, so that no two transactions deadlock; they hold the locks of requests and contacts.
_LOCK_SQL = """
    SELECT pg_advisory_xact_lock(hashtext('route311 people'), number)
      FROM (SELECT DISTINCT hashtext(reader) AS number FROM unnest($1::text[]) AS reader
             ORDER BY number OFFSET 0) AS sorted
"""
_COUNT_SQL = """
    SELECT reader, day,
           count(*) FILTER (WHERE priority <> $4 AND template <> ALL($5::text[])) AS counted,
           bool_or(template = 'digest') AS has_digest
      FROM (SELECT person AS reader, day, notification_id, priority, template, state
              FROM deliveries WHERE person = ANY($1::text[]) AND day = ANY($2::date[])
             UNION
            SELECT contact, day, notification_id, priority, template, state
              FROM deliveries WHERE contact = ANY($1::text[]) AND day = ANY($2::date[])) AS known
     WHERE state IN ('pending', 'sending', 'sent', 'unknown')
       AND notification_id <> ALL($3::uuid[])
     GROUP BY reader, day
"""
_SUPPRESS_SQL = """
    UPDATE deliveries SET state = 'suppressed', reason = 'daily_limit'
     WHERE notification_id = ANY($1::uuid[])
"""
_MERGE_SQL = """
    UPDATE deliveries AS waiting SET state = 'merged'
      FROM (SELECT DISTINCT * FROM unnest($1::text[], $2::uuid[]) AS new (person, about)) AS new
     WHERE waiting.person = new.person AND waiting.about = new.about AND waiting.channel = 'sms'
       AND waiting.state = 'pending' AND waiting.put_off = 0 AND waiting.not_before > $3
       AND EXISTS (SELECT FROM deliveries AS later
                    WHERE later.person = waiting.person AND later.about = waiting.about
                      AND later.channel = 'sms' AND later.version > waiting.version
                      AND later.state IN ('pending', 'sending', 'sent', 'unknown'))
"""


async def messages_of_day(db: Connection, deliveries: Collection[StoredDelivery]) -> MessagesOfDay:
    """Lock the readers of these deliveries, and count their other messages of the same days."""
    keys = list({key for one in deliveries for key in reader_days(one.delivery)})
    await db.execute(_LOCK_SQL, [reader for reader, _ in keys])
    ids = [one.notification_id for one in deliveries]
    exempt = (EXEMPT_PRIORITY, list(EXEMPT_TEMPLATES))
    rows = await db.fetch(_COUNT_SQL, *columns(keys), ids, *exempt)
    return MessagesOfDay(
        counted={(row["reader"], row["day"]): row["counted"] for row in rows},
        with_digest={(row["reader"], row["day"]) for row in rows if row["has_digest"]},
    )


async def suppress_excess(db: Connection, deliveries: Collection[StoredDelivery]) -> None:
    """Suppress deliveries that are above the limit of a day."""
    await db.execute(_SUPPRESS_SQL, [one.notification_id for one in deliveries])


async def merge_waiting(
    db: Connection, deliveries: Collection[StoredDelivery], now: datetime
) -> None:
    """Merge text messages that wait for the end of quiet hours into later ones of the case.

    Args:
        db: A connection in a transaction.
    """
    threads = [(one.delivery.person, one.delivery.trigger.subject_id) for one in deliveries]
    await db.execute(_MERGE_SQL, *columns(threads), now)


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
    """Held messages to one contact, a keyed hash of 32 hex digits, by due time."""

    contact: str
    requests: int
    messages: int
    oldest: datetime
    newest: datetime


async def list_held(db: Connection) -> Sequence[HeldMessages]:
    """Return what is held for each contact, the most messages first."""
    return [HeldMessages(**dict(row)) for row in await db.fetch(_LIST_SQL)]


async def release_held(db: Connection, contact: str, now: datetime) -> int:
    """Release the held messages to a contact and later ones about the same requests; count them."""
    await db.execute(_LET_THROUGH_SQL, contact)
    return row_count(await db.execute(_RELEASE_SQL, contact, now))


async def drop_held(db: Connection, contact: str) -> int:
    """Suppress the held messages to a contact and return their number."""
    return row_count(await db.execute(_DROP_SQL, contact))
