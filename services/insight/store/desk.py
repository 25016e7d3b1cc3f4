"""Contacts of the desk, which come over HTTP."""

from collections.abc import Sequence
from datetime import datetime

from services.insight.records import DeskContact
from shared.runtime.postgres import Connection, columns

_PUT = """
    INSERT INTO desk_contacts (jurisdiction, sent_by, contact_id, at, channel, language, outcome,
                               seconds, request_id)
    SELECT $1, $2, * FROM unnest($3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
                                 $8::integer[], $9::uuid[])
    ON CONFLICT DO NOTHING
"""
_LATEST = "SELECT max(at) FROM desk_contacts WHERE jurisdiction = $1 AND sent_by = $2"


async def put_contacts(
    db: Connection, city: str, sent_by: str, contacts: Sequence[DeskContact]
) -> datetime | None:
    """Store contacts; return the moment of the caller's latest one, None for none at all."""
    if contacts:
        await db.execute(_PUT, city, sent_by, *columns(contacts))
    latest: datetime | None = await db.fetchval(_LATEST, city, sent_by)
    return latest
