"""Texts that operators review, in PostgreSQL: held, released and withheld ones."""

from collections.abc import Iterable, Sequence

import pydantic_core

from services.intake.records.notes import NoSuchRequestError
from services.intake.records.public import NothingToReviewError, TextToReview
from services.intake.rules.private_persons import HeldText, PersonalWords
from shared.runtime.postgres import Connection, columns
from shared.vocabulary import TextStatus, primary_subtag

# Columns of a held text, and their types.
HELD_COLUMNS = {
    "text_id": "uuid",
    "request_id": "uuid",
    "findings": "jsonb",
    "status": "text",
    "language": "text",
}
_HOLD = """
    INSERT INTO reviewed_texts (text_id, request_id, findings, status, language)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::jsonb[], $4::text[], $5::text[])
"""
_FIND = """
    SELECT request_id::text, coalesce(listed.description, own_text, '') <> '' AS has_text
      FROM requests LEFT JOIN listed_requests AS listed USING (request_id)
     WHERE tracking_number = $1
"""
_DECIDE_DESCRIPTION = """
    INSERT INTO reviewed_texts (text_id, request_id, status, findings, decided_by)
    VALUES ($1, $1, $2, '[]', $3)
    ON CONFLICT (text_id) DO NOTHING
"""
_DECIDE = """
    WITH decided AS (
        UPDATE reviewed_texts SET status = $2, decided_by = $3 WHERE request_id = $1 RETURNING 1)
    SELECT count(*) FROM decided
"""
_HELD = """
    SELECT tracking_number, public_id, requests.jurisdiction, requests.service_code,
           text_id <> request_id AS is_note, held_at,
           CASE WHEN text_id = request_id THEN coalesce(listed.description, own_text) END
               AS description,
           findings, language
      FROM reviewed_texts JOIN requests USING (request_id)
           LEFT JOIN listed_requests AS listed USING (request_id)
     WHERE status = 'held'
     ORDER BY held_at, text_id
     LIMIT 100
"""


def held_rows(texts: Iterable[HeldText]) -> list[tuple[object, ...]]:
    """Return the values of ``HELD_COLUMNS`` of new held texts."""
    return [
        (
            one.text_id,
            one.request_id,
            pydantic_core.to_json(one.findings).decode(),
            "held",
            one.language and primary_subtag(one.language),
        )
        for one in texts
    ]


async def hold(db: Connection, text: HeldText) -> None:
    """Keep a new text from the public until an operator decides."""
    await db.execute(_HOLD, *columns(held_rows([text])))


async def decide(db: Connection, number: str, status: TextStatus, operator: str) -> str:
    """Set the status of all texts of a request, and return the request's id. Idempotent.

    Raises:
        NoSuchRequestError: No request has the tracking number.
        NothingToReviewError: It has no text, or no more.
    """
    found = await db.fetchrow(_FIND, number)
    if found is None:
        raise NoSuchRequestError
    request_id = str(found["request_id"])
    if found["has_text"]:
        await db.execute(_DECIDE_DESCRIPTION, request_id, status, operator)
    if not await db.fetchval(_DECIDE, request_id, status, operator):
        raise NothingToReviewError
    return request_id


async def held_texts(db: Connection) -> Sequence[TextToReview]:
    """Return the 100 held texts that wait longest, in order."""
    return [
        TextToReview(**{**row, "findings": _findings(row["findings"])})
        for row in await db.fetch(_HELD)
    ]


def _findings(stored: str) -> Sequence[PersonalWords]:
    return [PersonalWords(*one) for one in pydantic_core.from_json(stored)]
