"""Bureaus that lead cases in PostgreSQL, and the contacts of the reporters of their cases."""

from collections.abc import Iterable, Sequence

from services.notify.rules.leads import CaseLead, CaseReporter
from shared.runtime.postgres import Connection, columns

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
_REPORTERS_SQL = """
    SELECT request_id, tracking_number, name, email, phone, language
      FROM (SELECT DISTINCT ON (person)
                   request_id::text, tracking_number, name, mailbox AS email, phone,
                   coalesce(contact_language, language) AS language, since
              FROM memberships JOIN requests USING (request_id)
             WHERE about = $1 AND since IS NOT NULL AND until IS NULL
               AND person IS NOT NULL AND tracking_number IS NOT NULL
             ORDER BY person, phone IS NULL, since, request_id) AS reporters
     ORDER BY since, request_id
"""


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


async def case_reporters(db: Connection, case_id: str) -> Sequence[CaseReporter]:
    """Return the reporters of a case with a contact, each once, in the order of their joining."""
    return [CaseReporter(**dict(row)) for row in await db.fetch(_REPORTERS_SQL, case_id)]
