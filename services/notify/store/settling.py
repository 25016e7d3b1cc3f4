"""Settling of deliveries after the attempt: by a provider's report, or by an operator."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from asyncpg import Record

from services.notify.rules.model import StoredDelivery
from services.notify.rules.sms_status import RETURNED_WITHIN, ReturnedMail, suppression_of
from services.notify.store.preferences import Suppressed, suppress_addresses
from services.notify.store.rows import DELIVERY_COLUMNS, stored_delivery
from shared.runtime.postgres import Connection, columns, row_count

_SETTLE_SQL = f"""
    WITH d AS (
        UPDATE deliveries SET state = $3, reason = $4
         WHERE (notification_id = ANY($1::uuid[]) OR channel = 'sms' AND provider_id = $5)
           AND state = ANY($2::text[])
        RETURNING *
    )
    SELECT {DELIVERY_COLUMNS} FROM d JOIN announcements AS a USING (about, version)
"""  # noqa: S608 - constants only
_UNKNOWN_SQL = """
    SELECT notification_id::text, channel, template, reason, due_at, request_id::text,
           tracking_number
      FROM deliveries JOIN requests USING (request_id)
     WHERE state = 'unknown'
     ORDER BY due_at
"""
_SUPPRESSED_SQL = """
    SELECT reason, channel, count(*) AS messages, count(DISTINCT person) AS people,
           max(due_at) AS newest
      FROM deliveries
     WHERE state = 'suppressed' AND due_at >= $1
     GROUP BY reason, channel
     ORDER BY messages DESC, reason, channel
"""


@dataclass(frozen=True, slots=True)
class UnknownMessage:
    """A message that may or may not have been sent."""

    notification_id: str
    channel: str
    template: str
    reason: str
    due_at: datetime
    request_id: str
    tracking_number: str | None


@dataclass(frozen=True, slots=True)
class SuppressedMessages:
    """Suppressed messages of one reason; ``newest`` is the last due time."""

    reason: str
    channel: str
    messages: int
    people: int
    newest: datetime


async def settle(  # noqa: PLR0913 - what a statement is about
    db: Connection,
    notification_ids: Collection[str],
    *,
    states: Collection[str],
    state: str,
    reason: str | None = None,
    provider_id: str | None = None,
) -> Sequence[StoredDelivery]:
    """Change the state of deliveries in a transaction and return those that changed.

    Args:
        states: States that are changed; a delivery in another one stays.
        provider_id: Selects a text message by its id at the provider as well.
    """
    rows = await db.fetch(
        _SETTLE_SQL, list(notification_ids), list(states), state, reason, provider_id
    )
    return [stored_delivery(row) for row in rows]


async def list_unknown(db: Connection) -> Sequence[UnknownMessage]:
    """Return the messages that may or may not have been sent, the oldest first."""
    return [UnknownMessage(**dict(row)) for row in await db.fetch(_UNKNOWN_SQL)]


async def count_suppressed(db: Connection, since: datetime) -> Sequence[SuppressedMessages]:
    """Count the messages that were due from a moment on and are not sent, by reason."""
    return [SuppressedMessages(**dict(row)) for row in await db.fetch(_SUPPRESSED_SQL, since)]


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


async def record_returns(
    db: Connection, returned: Sequence[ReturnedMail]
) -> Sequence[StoredDelivery]:
    """Apply reports of other mail servers and return the newly bounced e-mails. Idempotent."""
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


_HELD_SQL = """
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
    """Held messages to one contact, a keyed hash of 32 hex digits."""

    contact: str
    requests: int
    messages: int
    oldest: datetime
    newest: datetime


async def list_held(db: Connection) -> Sequence[HeldMessages]:
    """Return the held messages by contact, the most messages first."""
    return [HeldMessages(**dict(row)) for row in await db.fetch(_HELD_SQL)]


async def release_held(db: Connection, contact: str, now: datetime) -> int:
    """Release the held messages to a contact and later ones about the same requests; count them."""
    await db.execute(_LET_THROUGH_SQL, contact)
    return row_count(await db.execute(_RELEASE_SQL, contact, now))


async def drop_held(db: Connection, contact: str) -> int:
    """Suppress the held messages to a contact and return their number."""
    return row_count(await db.execute(_DROP_SQL, contact))
