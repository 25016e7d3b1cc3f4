"""Preferences of people, in PostgreSQL."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from services.notify.rules.recipients import ContactConsent, UpdatesChoice
from shared.runtime.postgres import Connection, columns

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
        tracking_number: Number of the request that the message was about.
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


_SAVE_CONSENTS_SQL = """
    INSERT INTO consents AS known (contact, channel, opted_out, at)
    SELECT * FROM unnest($1::text[], $2::text[], $3::boolean[], $4::timestamptz[])
     ORDER BY 1, 2
    ON CONFLICT (contact, channel) DO UPDATE
       SET opted_out = excluded.opted_out, at = excluded.at
     WHERE known.at <= excluded.at
"""
_OPT_OUT_SQL = """
    INSERT INTO consents AS known (contact, channel, opted_out, at)
    SELECT phone_ref, 'sms', true, $2::timestamptz
      FROM deliveries JOIN requests USING (request_id)
     WHERE notification_id = $1 AND phone_ref IS NOT NULL
    ON CONFLICT (contact, channel) DO UPDATE SET opted_out = true, at = excluded.at
     WHERE known.at <= excluded.at
"""
_SUPPRESS_SQL = """
    INSERT INTO consents AS known (contact, channel, opted_out, reason, at)
    SELECT DISTINCT ON (contact) contact, 'email', true, reason, at
      FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS new (contact, reason, at)
     ORDER BY contact, at DESC
    ON CONFLICT (contact, channel) DO UPDATE
       SET opted_out = true, reason = excluded.reason, at = excluded.at
     WHERE known.at <= excluded.at
"""


class Suppressed(NamedTuple):
    """An address that gets no more e-mail.

    Attributes:
        contact: Keyed hash of the person whom the address identifies.
        at: Since when.
    """

    contact: str
    reason: Literal["unsubscribed", "bounced", "complained"]
    at: datetime


async def save_consents(db: Connection, consents: Collection[ContactConsent]) -> None:
    """Save consents; of two about one contact and channel the one given last stays."""
    rows = [(one.contact, one.channel, one.opted_out, one.at) for one in consents]
    await db.execute(_SAVE_CONSENTS_SQL, *columns(rows))


async def opt_out(db: Connection, notification_id: str, now: datetime) -> None:
    """Save that the recipient of a text message wants no more, as the provider says.

    Args:
        db: A connection in a transaction.
        now: When the provider says so.
    """
    await db.execute(_OPT_OUT_SQL, notification_id, now)


async def suppress_addresses(db: Connection, suppressed: Iterable[Suppressed]) -> None:
    """Save that addresses get no more e-mail; of two reasons for one the later stays."""
    if rows := list(suppressed):
        await db.execute(_SUPPRESS_SQL, *columns(rows))
