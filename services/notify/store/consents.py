"""Consents of people to messages by a channel, in PostgreSQL."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Literal, NamedTuple

from services.notify.rules.consents import ContactConsent
from shared.runtime.postgres import Connection, columns

_SAVE_SQL = """
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
        reason: Why.
        at: Since when.
    """

    contact: str
    reason: Literal["unsubscribed", "bounced", "complained"]
    at: datetime


async def save_consents(db: Connection, consents: Collection[ContactConsent]) -> None:
    """Save consents; of two about one contact and channel the one given last stays."""
    rows = [(one.contact, one.channel, one.opted_out, one.at) for one in consents]
    await db.execute(_SAVE_SQL, *columns(rows))


async def opt_out(db: Connection, notification_id: str, now: datetime) -> None:
    """Save that the recipient of a text message wants no more, as the provider says.

    Args:
        db: A connection in a transaction.
        notification_id: Id of the message.
        now: When the provider says so.
    """
    await db.execute(_OPT_OUT_SQL, notification_id, now)


async def suppress_addresses(db: Connection, suppressed: Iterable[Suppressed]) -> None:
    """Save that addresses get no more e-mail; of two reasons for one the later stays."""
    if rows := list(suppressed):
        await db.execute(_SUPPRESS_SQL, *columns(rows))
