"""Bureaus that lead cases in PostgreSQL, and the contacts of the reporters of their cases."""

from collections.abc import Iterable, Sequence

from services.notify.records import DisclosedContact
from services.notify.rules.recipients import CaseLead
from services.notify.store.contacts import JOIN_KEY, SEALED_COLUMNS, open_if_readable
from shared.runtime.postgres import Connection, columns
from shared.runtime.sealing import Sealer

# Sorted, so that no two transactions deadlock.
_SAVE_SQL = """
    INSERT INTO leads AS known (case_id, version, jurisdiction, bureau, work_order_id)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[])
           AS new (case_id, version, jurisdiction, bureau, work_order_id)
     ORDER BY case_id
    ON CONFLICT (case_id) DO UPDATE
       SET version = excluded.version, jurisdiction = excluded.jurisdiction,
           bureau = excluded.bureau, work_order_id = excluded.work_order_id
     WHERE known.version < excluded.version
"""
_FIND_SQL = """
    SELECT case_id::text, version, jurisdiction, bureau, work_order_id
      FROM leads WHERE work_order_id = $1
"""
# Of several requests of one person the one with a phone number, then the first.
_REPORTERS_SQL = f"""
    SELECT *
      FROM (SELECT DISTINCT ON (r.person)
                   r.tracking_number, coalesce(r.contact_language, r.language) AS language, m.since,
                   {SEALED_COLUMNS}
              FROM memberships AS m JOIN requests AS r USING (request_id) {JOIN_KEY}
             WHERE m.about = $1 AND m.since IS NOT NULL AND m.until IS NULL
               AND r.person IS NOT NULL AND r.tracking_number IS NOT NULL
             ORDER BY r.person, r.sealed_phone IS NULL, m.since, r.request_id) AS reporters
     ORDER BY since, sealed_for
"""  # noqa: S608 - constants only


async def save_leads(db: Connection, leads: Iterable[CaseLead]) -> None:
    """Save who leads cases, unless a later version of the case is saved."""
    rows = [
        (lead.case_id, lead.version, lead.jurisdiction, lead.bureau, lead.work_order_id)
        for lead in leads
    ]
    await db.execute(_SAVE_SQL, *columns(rows))


async def find_lead(db: Connection, work_order_id: str) -> CaseLead | None:
    """Return the lead with this work order; None where it leads no case, or not any more."""
    row = await db.fetchrow(_FIND_SQL, work_order_id)
    return CaseLead(**dict(row)) if row else None


async def case_reporters(
    db: Connection, case_id: str, sealer: Sealer
) -> Sequence[DisclosedContact]:
    """Return the reporters of a case with a contact, each once, in the order of their joining.

    A contact that cannot be read has neither name nor channel.
    """
    rows = await db.fetch(_REPORTERS_SQL, case_id)
    return [
        DisclosedContact(
            request_id=str(row["sealed_for"]),
            tracking_number=row["tracking_number"],
            name=contact.name,
            email=contact.mailbox,
            phone=contact.phone,
            language=row["language"],
        )
        for row in rows
        for contact in [open_if_readable(row, sealer)]
    ]
