"""Reads public requests of a month for the files."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

from asyncpg import Record

from shared.runtime.postgres import Connection

Row: TypeAlias = Record

_MONTHS = """
    SELECT DISTINCT to_char(submitted_at AT TIME ZONE $2, 'YYYY-MM') AS month
      FROM listed_requests WHERE jurisdiction = $1 ORDER BY month
"""
# The parent is the first listed request of the same case, as operators left it.
_REQUESTS = """
    SELECT known.public_id, listed.service_code, listed.submitted_at, listed.updated_at,
           listed.is_open, listed.description, known.address, listed.latitude, listed.longitude,
           coalesce((SELECT text.status FROM reviewed_texts AS text
                      WHERE text.text_id = listed.request_id), 'public') AS text_status,
           known.outcome, known.referral_name, known.moves > 0 AS was_moved,
           step.status, step.taken_at, step.bureau, step.note,
           nullif(parent.public_id, known.public_id) AS parent_id
      FROM listed_requests AS listed
      JOIN requests AS known USING (request_id)
 LEFT JOIN LATERAL (SELECT status, taken_at, bureau, note FROM case_steps
                     WHERE case_steps.case_id = listed.case_id
                     ORDER BY version DESC LIMIT 1) AS step ON true
 LEFT JOIN LATERAL (SELECT public_id FROM listed_requests AS first JOIN requests USING (request_id)
                     WHERE first.case_id = listed.case_id
                     ORDER BY first.submitted_at, request_id LIMIT 1) AS parent ON true
     WHERE listed.jurisdiction = $1 AND listed.submitted_at >= $2 AND listed.submitted_at < $3
       AND known.public_id IS NOT NULL
     ORDER BY listed.submitted_at, known.public_id
"""


async def months(db: Connection, jurisdiction: str, timezone: str) -> Sequence[str]:
    """Return the months with public requests, such as ``2026-11``, oldest first."""
    return [row["month"] for row in await db.fetch(_MONTHS, jurisdiction, timezone)]


async def public_requests(
    db: Connection, jurisdiction: str, since: datetime, until: datetime
) -> Sequence[Row]:
    """Return the public requests submitted in a time span, oldest first."""
    return await db.fetch(_REQUESTS, jurisdiction, since, until)
