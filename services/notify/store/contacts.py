"""Contacts of reporters in PostgreSQL: saving and erasing."""

from collections.abc import Collection

from services.notify.rules.model import ReporterContact
from services.notify.store.preferences import erase_preferences
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
            *StoredContact(contact.mailbox, contact.phone, contact.name).sealed(
                contact.request_id, keys[contact.recipient.person]
            ),
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


async def erase_contacts(db: Connection, request_ids: Collection[str]) -> None:
    """Erase the contacts of locked requests and the preferences of their people, for ever.

    With the last contact of a person their key is destroyed.
    """
    people = await lock_keys(db, request_ids)
    await erase_preferences(db, request_ids)
    await db.execute(_ERASE_SQL, sorted(request_ids))
    await destroy_keys(db, people)
