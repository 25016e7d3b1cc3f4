"""Contacts of reporters in PostgreSQL: saving, counting and erasing."""

from collections.abc import Collection, Mapping, Sequence

from services.notify.rules.daily_limit import MAX_REQUESTS, WINDOW, Naming
from services.notify.rules.model import ReporterContact, StoredDelivery
from services.notify.store.preferences import erase_preferences
from services.notify.store.rows import DELIVERY_COLUMNS, stored_delivery
from services.notify.store.sealed_contacts import (
    StoredContact,
    destroy_keys,
    ensure_keys,
    lock_keys,
)
from shared.runtime.postgres import Connection, columns
from shared.runtime.sealing import Sealer

# A contact that was erased never comes back, whatever is read again. What was decided about a
# flood when the contact was first saved stays.
_SAVE_SQL = """
    UPDATE requests
       SET person = new.person, sealed_mailbox = new.mailbox, sealed_phone = new.phone,
           phone_ref = new.phone_ref, wants_email = new.wants_email, wants_sms = new.wants_sms,
           sealed_name = new.name, contact_language = new.contact_language,
           flood_key = new.flood_key,
           flooded = CASE WHEN requests.named_at IS NULL THEN new.flooded
                          ELSE requests.flooded END,
           named_at = coalesce(requests.named_at, new.named_at)
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::boolean[], $8::boolean[], $9::text[], $10::text[], $11::timestamptz[],
                  $12::boolean[])
           AS new (request_id, person, mailbox, phone, name, phone_ref, wants_email, wants_sms,
                   contact_language, flood_key, named_at, flooded)
     WHERE requests.request_id = new.request_id AND NOT requests.erased
"""
_ERASE_SQL = """
    UPDATE requests
       SET person = NULL, sealed_mailbox = NULL, sealed_phone = NULL, phone_ref = NULL,
           has_phone = NULL, wants_email = NULL, wants_sms = NULL, sealed_name = NULL,
           contact_language = NULL, flood_key = NULL, erased = true
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


async def save_contacts(
    db: Connection, contacts: Collection[ReporterContact], sealer: Sealer | None
) -> None:
    """Save contacts of locked requests, except those that were erased.

    Raises:
        ValueError: There is no sealer.
        UnreadableError: The stored key of a person is damaged.
    """
    if sealer is None:
        raise ValueError("contacts are saved with a sealer alone")
    keys = await ensure_keys(db, {contact.recipient.person for contact in contacts}, sealer)
    rows = [
        (
            contact.request_id,
            contact.recipient.person,
            *_sealed(contact, keys[contact.recipient.person]),
            contact.phone_ref,
            "email" in contact.recipient.wants,
            "sms" in contact.recipient.wants,
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
    """Erase the contacts of locked requests and the preferences of their people, for ever.

    With the last contact of a person their key is destroyed.
    """
    people = await lock_keys(db, request_ids)
    await erase_preferences(db, request_ids)
    await db.execute(_ERASE_SQL, sorted(request_ids))
    await destroy_keys(db, people)


async def cancel_deliveries(
    db: Connection, request_ids: Collection[str]
) -> Sequence[StoredDelivery]:
    """Suppress the messages about these requests that are not sent yet, and return them."""
    return [stored_delivery(row) for row in await db.fetch(_CANCEL_SQL, sorted(request_ids))]


def _sealed(contact: ReporterContact, key: Sealer) -> StoredContact:
    given = StoredContact(contact.mailbox, contact.phone, contact.name)
    return given.sealed(contact.request_id, key)
