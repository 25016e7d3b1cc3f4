"""Preferences of people, in PostgreSQL."""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from services.notify.rules.preferences import UpdatesChoice
from services.notify.store.consents import Suppressed, suppress_addresses
from shared.runtime.postgres import Connection

_FIND_SQL = """
    SELECT d.person, r.jurisdiction, r.tracking_number, r.service_code,
           coalesce(p.language, d.language) AS language,
           CASE WHEN c.opted_out THEN 'none' ELSE coalesce(p.updates, 'all') END AS updates,
           d.due_at
      FROM deliveries AS d
      JOIN requests AS r USING (request_id)
      LEFT JOIN preferences AS p ON p.person = d.person
      LEFT JOIN consents AS c ON c.contact = d.person AND c.channel = 'email'
     WHERE d.notification_id = $1 AND d.channel = 'email'
"""
# Who is erased has no key any more. The lock lets no erasure come in between.
_SAVE_SQL = """
    WITH alive AS (SELECT person FROM contact_keys WHERE person = $1 FOR SHARE)
    INSERT INTO preferences AS known (person, updates, language)
    SELECT person, $2, $3 FROM alive
    ON CONFLICT (person) DO UPDATE SET updates = excluded.updates, language = excluded.language
    RETURNING true
"""
_RESUME_SQL = """
    UPDATE consents SET opted_out = false, reason = NULL, at = $2
     WHERE contact = $1 AND channel = 'email' AND opted_out AND at <= $2
"""
_ERASE_SQL = """
    DELETE FROM preferences AS p
     WHERE person IN (SELECT person FROM requests WHERE request_id = ANY($1::uuid[]))
       AND NOT EXISTS (SELECT FROM deliveries JOIN requests AS r USING (request_id)
                        WHERE deliveries.person = p.person AND r.person = p.person
                          AND r.request_id <> ALL($1::uuid[]))
"""


class KnownPreferences(NamedTuple):
    """Preferences of the person whom a message was for.

    Attributes:
        person: Keyed hash of the person.
        jurisdiction: Id of the city.
        tracking_number: Number of the request that the message was about.
        service_code: Kind of that request.
        language: BCP 47 tag of messages to the person.
        updates: Messages that the person gets.
        due_at: When the message became due.
    """

    person: str
    jurisdiction: str
    tracking_number: str
    service_code: str
    language: str
    updates: UpdatesChoice
    due_at: datetime


async def find_preferences(db: Connection, notification_id: str) -> KnownPreferences | None:
    """Return the preferences of the person whom an e-mail was for; None for an unknown one."""
    row = await db.fetchrow(_FIND_SQL, notification_id)
    return KnownPreferences(*row) if row else None


async def unsubscribe(db: Connection, person: str, now: datetime) -> None:
    """Save that a person gets no more e-mail about reports.

    Args:
        db: A connection in a transaction.
        person: Keyed hash of the person.
        now: The present moment.
    """
    await suppress_addresses(db, [Suppressed(person, "unsubscribed", now)])


async def save_preferences(
    db: Connection, person: str, updates: UpdatesChoice, language: str, now: datetime
) -> None:
    """Save what a person chose; of one who is erased only that no more e-mail shall come.

    Args:
        db: A connection in a transaction.
        person: Keyed hash of the person.
        updates: Messages that the person gets; any but ``none`` lets e-mail come again.
        language: BCP 47 tag of messages.
        now: The present moment.
    """
    kept = "all" if updates == "none" else updates
    is_known = await db.fetchval(_SAVE_SQL, person, kept, language)
    if updates == "none":
        await unsubscribe(db, person, now)
    elif is_known:
        await db.execute(_RESUME_SQL, person, now)


async def erase_preferences(db: Connection, request_ids: Collection[str]) -> None:
    """Erase the preferences of people whose last contacts are being erased."""
    await db.execute(_ERASE_SQL, sorted(request_ids))
