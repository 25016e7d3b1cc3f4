"""Preferences of people, in PostgreSQL."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from services.notify.records import LinkedMessage, UpdatesChoice
from services.notify.rules.recipients import ContactConsent
from shared.runtime.postgres import Connection, columns

_FIND_SQL = """
    SELECT d.notification_id::text, d.person, r.jurisdiction, r.tracking_number, r.service_code,
           coalesce(p.language, d.language), d.due_at,
           CASE WHEN c.opted_out THEN 'none' ELSE coalesce(p.updates, 'all') END
      FROM deliveries AS d
      JOIN requests AS r USING (request_id)
      LEFT JOIN preferences AS p ON p.person = d.person
      LEFT JOIN consents AS c ON c.contact = d.person AND c.channel = 'email'
     WHERE d.notification_id = $1 AND d.channel = 'email'
"""
# An erased person has no key any more. The lock excludes a concurrent erasure.
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


async def find_preferences(db: Connection, notification_id: str) -> LinkedMessage | None:
    """Return an e-mail with its recipient's preferences; None for an unknown e-mail."""
    row = await db.fetchrow(_FIND_SQL, notification_id)
    return LinkedMessage(*row) if row else None


async def unsubscribe(db: Connection, person: str, now: datetime) -> None:
    """Suppress e-mail about reports to a person, in a transaction."""
    await suppress_addresses(db, [Suppressed(person, "unsubscribed", now)])


async def save_preferences(
    db: Connection, person: str, updates: UpdatesChoice, language: str, now: datetime
) -> None:
    """Save message preferences, in a transaction; for an erased person only an opt-out.

    Args:
        updates: Any value but ``none`` resumes e-mail.
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
    """An address that gets no more e-mail, by keyed hash, since ``at``."""

    contact: str
    reason: Literal["unsubscribed", "bounced", "complained"]
    at: datetime


async def save_consents(db: Connection, consents: Collection[ContactConsent]) -> None:
    """Save consents; of two about one contact and channel the one given last stays."""
    rows = [(one.contact, one.channel, one.opted_out, one.at) for one in consents]
    await db.execute(_SAVE_CONSENTS_SQL, *columns(rows))


async def opt_out(db: Connection, notification_id: str, now: datetime) -> None:
    """Save that the recipient of a text message opted out at the provider, in a transaction."""
    await db.execute(_OPT_OUT_SQL, notification_id, now)


async def suppress_addresses(db: Connection, suppressed: Iterable[Suppressed]) -> None:
    """Save that addresses get no more e-mail; of two reasons for one the later stays."""
    if rows := list(suppressed):
        await db.execute(_SUPPRESS_SQL, *columns(rows))
