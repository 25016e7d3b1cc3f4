"""What residents can look up, in PostgreSQL."""

from collections.abc import Sequence
from typing import TypeAlias

import asyncpg

from services.intake.public_status.model import (
    CaseLink,
    PublicDecision,
    PublicRequest,
    PublicStatus,
    StatusChange,
)
from shared.runtime.postgres import Connection, Pool, translate_errors

Row: TypeAlias = asyncpg.Record

_DECIDE = """
    UPDATE requests
       SET decided_at = ruling.decided_at,
           outcome = ruling.outcome,
           referral_name = ruling.referral_name,
           referral_phone = ruling.referral_phone,
           referral_url = ruling.referral_url,
           referral_reason = ruling.referral_reason,
           answer = ruling.answer
      FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::text[], $8::text[])
           AS ruling (request_id, decided_at, outcome, referral_name, referral_phone, referral_url,
                      referral_reason, answer)
     WHERE requests.request_id = ruling.request_id
"""
_JOIN = """
    UPDATE requests
       SET case_id = latest.case_id, joined_at = latest.joined_at, moves = latest.moves
      FROM (SELECT DISTINCT ON (request_id) request_id, case_id, joined_at, moves
              FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::integer[])
                   AS membership (request_id, case_id, joined_at, moves)
             ORDER BY request_id, moves DESC, joined_at DESC) AS latest
     WHERE requests.request_id = latest.request_id
       AND (requests.joined_at IS NULL
            OR (requests.moves, requests.joined_at) < (latest.moves, latest.joined_at))
"""
_MOVE = """
    INSERT INTO case_steps (case_id, version, status, taken_at, bureau, note, scheduled_for)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::text[],
                         $6::text[], $7::timestamptz[])
    ON CONFLICT DO NOTHING
"""
_FIND = """
    SELECT request_id, tracking_number, jurisdiction, service_code, submitted_at,
           address, latitude, longitude,
           decided_at, outcome, referral_name, referral_phone, referral_url, referral_reason,
           answer, case_id, moves
      FROM requests
     WHERE tracking_number = $1
"""
_STEPS = """
    SELECT case_id, version, status, taken_at, bureau, note, scheduled_for
      FROM case_steps
     WHERE case_id = $1
     ORDER BY version DESC
     LIMIT $2
"""

_MOST_STEPS = 100


class PostgresPublicStatuses:
    """The public status of each request, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def decide(self, rulings: Sequence[PublicDecision]) -> None:
        """Note what was decided about requests; again is the same."""
        if rulings:
            await self._connection.execute(
                _DECIDE,
                [r.request_id for r in rulings],
                [r.decided_at for r in rulings],
                [r.outcome for r in rulings],
                [r.referral_name for r in rulings],
                [r.referral_phone for r in rulings],
                [r.referral_url for r in rulings],
                [r.referral_reason for r in rulings],
                [r.answer for r in rulings],
            )

    async def join(self, memberships: Sequence[CaseLink]) -> None:
        """Note where requests belong; of several memberships of one the latest counts."""
        if memberships:
            await self._connection.execute(
                _JOIN,
                [m.request_id for m in memberships],
                [m.case_id for m in memberships],
                [m.joined_at for m in memberships],
                [m.moves for m in memberships],
            )

    async def move(self, steps: Sequence[StatusChange]) -> None:
        """Note how cases moved; the same step again is the same."""
        if steps:
            await self._connection.execute(
                _MOVE,
                [s.case_id for s in steps],
                [s.version for s in steps],
                [s.status for s in steps],
                [s.taken_at for s in steps],
                [s.bureau for s in steps],
                [s.note for s in steps],
                [s.scheduled_for for s in steps],
            )


async def find_status(pool: Pool, tracking_number: str) -> PublicStatus | None:
    """Return what became of a request, with its latest steps; None for an unknown number."""
    with translate_errors():
        async with pool.acquire() as connection:
            row = await connection.fetchrow(_FIND, tracking_number)
            if row is None:
                return None
            steps = await connection.fetch(_STEPS, row["case_id"], _MOST_STEPS)
    oldest_first = tuple(_step(step) for step in reversed(steps))
    return PublicStatus(_request(row), _ruling(row), oldest_first, was_moved=row["moves"] > 0)


def _request(row: Row) -> PublicRequest:
    return PublicRequest(
        request_id=str(row["request_id"]),
        tracking_number=row["tracking_number"],
        jurisdiction=row["jurisdiction"],
        service_code=row["service_code"],
        submitted_at=row["submitted_at"],
        address=row["address"],
        latitude=row["latitude"],
        longitude=row["longitude"],
    )


def _ruling(row: Row) -> PublicDecision | None:
    if row["outcome"] is None:
        return None
    return PublicDecision(
        request_id=str(row["request_id"]),
        decided_at=row["decided_at"],
        outcome=row["outcome"],
        referral_name=row["referral_name"],
        referral_phone=row["referral_phone"],
        referral_url=row["referral_url"],
        referral_reason=row["referral_reason"],
        answer=row["answer"],
    )


def _step(row: Row) -> StatusChange:
    return StatusChange(
        case_id=str(row["case_id"]),
        version=row["version"],
        status=row["status"],
        taken_at=row["taken_at"],
        bureau=row["bureau"],
        note=row["note"],
        scheduled_for=row["scheduled_for"],
    )
