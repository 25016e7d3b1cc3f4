"""The public status of requests in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import fields
from typing import TypeVar

from asyncpg import Record

from services.intake.public_status.model import (
    CaseLink,
    PublicDecision,
    PublicRequest,
    PublicStatus,
    StatusChange,
)
from shared.runtime.postgres import Connection, Pool, translate_errors

M = TypeVar("M", PublicRequest, PublicDecision, StatusChange)

_SAVE_DECISIONS = """
    UPDATE requests
       SET decided_at = decision.decided_at,
           outcome = decision.outcome,
           referral_name = decision.referral_name,
           referral_phone = decision.referral_phone,
           referral_url = decision.referral_url,
           referral_reason = decision.referral_reason,
           answer = decision.answer
      FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::text[], $8::text[])
           AS decision (request_id, decided_at, outcome, referral_name, referral_phone,
                        referral_url, referral_reason, answer)
     WHERE requests.request_id = decision.request_id
"""
_SAVE_LINKS = """
    UPDATE requests
       SET case_id = latest.case_id, joined_at = latest.joined_at, moves = latest.moves
      FROM (SELECT DISTINCT ON (request_id) request_id, case_id, joined_at, moves
              FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::integer[])
                   AS link (request_id, case_id, joined_at, moves)
             ORDER BY request_id, moves DESC, joined_at DESC) AS latest
     WHERE requests.request_id = latest.request_id
       AND (requests.joined_at IS NULL
            OR (requests.moves, requests.joined_at) < (latest.moves, latest.joined_at))
"""
_SAVE_CHANGES = """
    INSERT INTO case_steps (case_id, version, status, taken_at, bureau, note, scheduled_for)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::text[],
                         $6::text[], $7::timestamptz[])
    ON CONFLICT DO NOTHING
"""
_REQUEST = """
    SELECT request_id::text, tracking_number, jurisdiction, service_code, submitted_at,
           address, latitude, longitude,
           decided_at, outcome, referral_name, referral_phone, referral_url, referral_reason,
           answer, case_id::text, moves
      FROM requests
     WHERE tracking_number = $1
"""
_CHANGES = """
    SELECT case_id::text, version, status, taken_at, bureau, note, scheduled_for
      FROM case_steps
     WHERE case_id = $1
     ORDER BY version DESC
     LIMIT $2
"""

_MAX_CHANGES = 100


class PostgresPublicStatuses:
    """The read model of public statuses, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save_decisions(self, decisions: Sequence[PublicDecision]) -> None:
        """Save the decisions about requests."""
        if decisions:
            await self._connection.execute(_SAVE_DECISIONS, *_columns(decisions))

    async def save_links(self, links: Sequence[CaseLink]) -> None:
        """Save the cases of requests; of several links of one request the latest wins."""
        if links:
            await self._connection.execute(_SAVE_LINKS, *_columns(links))

    async def save_changes(self, changes: Sequence[StatusChange]) -> None:
        """Save status changes of cases."""
        if changes:
            await self._connection.execute(_SAVE_CHANGES, *_columns(changes))


async def find_status(pool: Pool, tracking_number: str) -> PublicStatus | None:
    """Return the status of a request with its latest 100 changes; None for an unknown number."""
    with translate_errors():
        async with pool.acquire() as connection:
            row = await connection.fetchrow(_REQUEST, tracking_number)
            if row is None:
                return None
            changes = await connection.fetch(_CHANGES, row["case_id"], _MAX_CHANGES)
    return PublicStatus(
        request=_from_row(PublicRequest, row),
        decision=None if row["outcome"] is None else _from_row(PublicDecision, row),
        changes=tuple(_from_row(StatusChange, change) for change in reversed(changes)),
        was_moved=row["moves"] > 0,
    )


def _columns(
    rows: Sequence[PublicDecision] | Sequence[CaseLink] | Sequence[StatusChange],
) -> list[list[object]]:
    """Return the values of each field, in the order of the fields and of the SQL parameters."""
    return [[getattr(row, field.name) for row in rows] for field in fields(rows[0])]


def _from_row(model: type[M], row: Record) -> M:
    """Return the model whose fields are columns of the row."""
    return model(**{field.name: row[field.name] for field in fields(model)})
