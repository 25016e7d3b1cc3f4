"""Bounces and complaints about e-mails, in PostgreSQL."""

from collections.abc import Mapping, Sequence

from asyncpg import Record

from services.notify.rules.model import StoredDelivery
from services.notify.rules.returned_mail import RETURNED_WITHIN, ReturnedMail, suppression_of
from services.notify.store.consents import Suppressed, suppress_addresses
from services.notify.store.rows import DELIVERY_COLUMNS, stored_delivery
from shared.runtime.postgres import Connection, columns

# A report may come before the outcome of the attempt is saved. Forged ones name no e-mail of ours.
_SENT_SQL = """
    SELECT notification_id, person
      FROM unnest($1::uuid[], $2::timestamptz[]) AS given (notification_id, at)
      JOIN deliveries USING (notification_id)
     WHERE channel = 'email' AND state IN ('sending', 'sent', 'unknown', 'failed')
       AND due_at > given.at - $3::interval
"""
_FAIL_SQL = f"""
    WITH d AS (
        UPDATE deliveries SET state = 'failed', reason = kind
          FROM unnest($1::uuid[], $2::text[]) AS given (id, kind)
         WHERE notification_id = given.id AND state IN ('sent', 'unknown')
        RETURNING deliveries.*
    )
    SELECT {DELIVERY_COLUMNS} FROM d JOIN announcements AS a USING (about, version)
"""  # noqa: S608 - constants only
_PASSING_SQL = """
    SELECT person, count(*) AS passing FROM deliveries
     WHERE person = ANY($1::text[]) AND day > $2::date AND channel = 'email'
       AND state = 'failed' AND reason = 'bounced_for_now'
     GROUP BY person
"""


async def take_back(db: Connection, returned: Sequence[ReturnedMail]) -> Sequence[StoredDelivery]:
    """Record what reports of other mail servers say about e-mails that were sent. Idempotent.

    Args:
        db: A connection in notify's schema, in a transaction.
        returned: The reports.

    Returns:
        The e-mails that bounced, and had not before.
    """
    given = [(one.notification_id, one.at) for one in returned]
    rows = await db.fetch(_SENT_SQL, *columns(given), RETURNED_WITHIN)
    people = {str(row["notification_id"]): str(row["person"]) for row in rows}
    known = [one for one in returned if one.notification_id in people]
    if not known:
        return []
    bounced = [(o.notification_id, o.kind) for o in known if o.kind != "complained"]
    failed = await db.fetch(_FAIL_SQL, *columns(bounced)) if bounced else []
    await suppress_addresses(db, await _suppressed(db, known, people))
    return [stored_delivery(row) for row in failed]


async def _suppressed(
    db: Connection, returned: Sequence[ReturnedMail], people: Mapping[str, str]
) -> list[Suppressed]:
    since = max(one.at for one in returned) - RETURNED_WITHIN
    rows: Sequence[Record] = await db.fetch(
        _PASSING_SQL, sorted(set(people.values())), since.date()
    )
    passing = {row["person"]: row["passing"] for row in rows}
    found = []
    for one in returned:
        person = people[one.notification_id]
        if reason := suppression_of(one, passing.get(person, 0)):
            found.append(Suppressed(person, reason, one.at))
    return found
