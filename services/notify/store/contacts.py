"""Contacts of reporters in PostgreSQL: saving, counting and erasing."""

from collections.abc import Collection, Mapping, Sequence

from services.notify.rules.flooding import MAX_REQUESTS, WINDOW, Naming
from services.notify.rules.model import ReporterContact, StoredDelivery
from services.notify.store.preferences import erase_preferences
from services.notify.store.rows import DELIVERY_COLUMNS, stored_delivery
from shared.runtime.postgres import Connection, columns

# A contact that was erased never comes back, whatever is read again. What was decided about a
# flood when the contact was first saved stays.
_SAVE_SQL = """
    UPDATE requests
       SET person = new.person, mailbox = new.mailbox, phone = new.phone,
           phone_ref = new.phone_ref, wants_email = new.wants_email, wants_sms = new.wants_sms,
           name = new.name, contact_language = new.contact_language, flood_key = new.flood_key,
           flooded = CASE WHEN requests.named_at IS NULL THEN new.flooded
                          ELSE requests.flooded END,
           named_at = coalesce(requests.named_at, new.named_at)
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[],
                  $7::boolean[], $8::text[], $9::text[], $10::text[], $11::timestamptz[],
                  $12::boolean[])
           AS new (request_id, person, mailbox, phone, phone_ref, wants_email, wants_sms, name,
                   contact_language, flood_key, named_at, flooded)
     WHERE requests.request_id = new.request_id AND NOT requests.erased
"""
_ERASE_SQL = """
    UPDATE requests
       SET person = NULL, mailbox = NULL, phone = NULL, phone_ref = NULL, has_phone = NULL,
           wants_email = NULL, wants_sms = NULL, name = NULL, contact_language = NULL,
           flood_key = NULL, erased = true
     WHERE request_id = ANY($1::uuid[])
"""
_CANCEL_SQL = f"""
    WITH d AS (
        UPDATE deliveries
           SET state = 'suppressed', reason = 'erased'
         WHERE request_id = ANY($1::uuid[]) AND state IN ('pending', 'held')
        RETURNING *
    )
    SELECT {DELIVERY_COLUMNS} FROM d JOIN announcements AS a USING (about, version)
"""  # noqa: S608 - constants only
# Sorted, so that no two transactions deadlock; they hold the locks of their requests already.
_LOCK_SQL = """
    SELECT pg_advisory_xact_lock(hashtext('route311 contacts'), number)
      FROM (SELECT DISTINCT hashtext(named) AS number FROM unnest($1::text[]) AS named
             ORDER BY number OFFSET 0) AS sorted
"""
_COUNT_SQL = """
    SELECT request_id, named, (SELECT count(*)
                                 FROM (SELECT FROM requests AS known
                                        WHERE (known.flood_key = new.named
                                               OR known.phone_ref = new.named AND known.wants_sms)
                                          AND known.named_at > new.named_at - $4::interval
                                          AND known.named_at < new.named_at + $4::interval
                                          AND known.request_id <> new.request_id
                                        LIMIT $5) AS counted) AS requests
      FROM unnest($1::uuid[], $2::text[], $3::timestamptz[]) AS new (request_id, named, named_at)
"""


async def save_contacts(db: Connection, contacts: Collection[ReporterContact]) -> None:
    """Save contacts of locked requests, except those that were erased."""
    rows = [
        (
            contact.request_id,
            contact.recipient.person,
            contact.mailbox,
            contact.phone,
            contact.phone_ref,
            "email" in contact.recipient.wants,
            "sms" in contact.recipient.wants,
            contact.name,
            next(iter(contact.recipient.languages), None),
            contact.flood_key,
            contact.named_at,
            contact.is_flooded,
        )
        for contact in contacts
    ]
    await db.execute(_SAVE_SQL, *columns(rows))


async def count_namings(
    db: Connection, contacts: Collection[ReporterContact]
) -> Mapping[Naming, int]:
    """Lock the contacts until the transaction ends; count the saved requests that name each.

    Returns:
        How many other requests name the same mailbox or number within an hour; at most
        ``MAX_REQUESTS``.
    """
    rows = [(one.request_id, named, one.named_at) for one in contacts for named in one.named]
    await db.execute(_LOCK_SQL, [named for _, named, _ in rows])
    found = await db.fetch(_COUNT_SQL, *columns(rows), WINDOW, MAX_REQUESTS)
    return {(str(row["request_id"]), row["named"]): row["requests"] for row in found}


async def erase_contacts(db: Connection, request_ids: Collection[str]) -> None:
    """Erase the contacts of locked requests, for ever, and what else is kept of their people."""
    await erase_preferences(db, request_ids)
    await db.execute(_ERASE_SQL, sorted(request_ids))


async def cancel_deliveries(
    db: Connection, request_ids: Collection[str]
) -> Sequence[StoredDelivery]:
    """Suppress the messages about these requests that are not sent yet, and return them."""
    return [stored_delivery(row) for row in await db.fetch(_CANCEL_SQL, sorted(request_ids))]
