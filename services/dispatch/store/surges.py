"""Surges, their cases, and orders to close the cases.

The cases of a surge are not stored: the view ``surge_cases`` selects them.
"""

from collections.abc import Sequence
from dataclasses import astuple

from services.dispatch.records.answers import SurgeClosing
from services.dispatch.records.changes import StoredSurge, uuids
from services.dispatch.records.views import ListedSurge
from shared.contract.events import new_id
from shared.runtime.postgres import (
    Connection,
    Pool,
    columns,
    row_count,
    translate_errors,
)
from shared.vocabulary import CLOSED_STATUSES

_UPSERT_SQL = """
    INSERT INTO surges (surge_id, jurisdiction, dedup_group, district, started_at, ended_at,
                        report_count, expected)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[],
                         $6::timestamptz[], $7::integer[], $8::float8[])
    ON CONFLICT (surge_id) DO UPDATE
       SET ended_at = EXCLUDED.ended_at, report_count = EXCLUDED.report_count,
           expected = EXCLUDED.expected
     WHERE surges.ended_at IS NULL AND EXCLUDED.ended_at IS NOT NULL
"""
_PAGE_SQL = """
    SELECT number, surge_id::text, jurisdiction, dedup_group, district, started_at, ended_at,
           CASE WHEN ended_at IS NULL THEN 'open' ELSE 'ended' END AS status,
           report_count, expected, case_count, open_case_count, open_p1_count,
           (SELECT count(*) FROM surge_closing_cases JOIN surge_closings USING (closing_id)
             WHERE surge_id = surge.surge_id) AS closing_count
      FROM (SELECT * FROM surges WHERE number < $1 ORDER BY number DESC LIMIT $2) AS surge
     CROSS JOIN LATERAL (
           SELECT count(*) AS case_count,
                  count(*) FILTER (WHERE is_open) AS open_case_count,
                  count(*) FILTER (WHERE is_open AND level = 'P1') AS open_p1_count
             FROM (SELECT cases.level, cases.status <> ALL ($3::text[]) AS is_open
                     FROM surge_cases JOIN cases USING (case_id)
                    WHERE surge_id = surge.surge_id) AS found) AS cases
     ORDER BY number DESC
"""
_CITY_SQL = "SELECT jurisdiction FROM surges WHERE surge_id = ANY ($1::uuid[])"
_COUNT_OPEN_SQL = """
    SELECT count(*) FROM surge_cases
     WHERE surge_id = $1 AND status <> ALL ($2::text[])
       AND case_id NOT IN (SELECT case_id FROM surge_closing_cases)
"""
_WAIT_SQL = "LOCK TABLE surge_closing_cases IN EXCLUSIVE MODE"
_ORDER_SQL = """
    INSERT INTO surge_closings (closing_id, surge_id, source, actor, reason, note, status, given_at,
                                approved_by)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_ORDER_CASES_SQL = """
    INSERT INTO surge_closing_cases (case_id, closing_id)
    SELECT case_id, closing_id
      FROM surge_closings JOIN surge_cases USING (surge_id)
     WHERE closing_id = $1 AND surge_cases.status <> ALL ($2::text[])
    ON CONFLICT DO NOTHING
"""
_DUE_SQL = """
    SELECT case_id::text, source, actor, reason, note, surge_closings.status, given_at, approved_by
      FROM surge_closing_cases AS due JOIN surge_closings USING (closing_id)
     ORDER BY case_id
     LIMIT $1
       FOR UPDATE OF due SKIP LOCKED
"""
_DONE_SQL = "DELETE FROM surge_closing_cases WHERE case_id = ANY ($1::uuid[])"


async def upsert_surges(db: Connection, surges: Sequence[StoredSurge]) -> None:
    """Store surges, each once; the stored end of a surge is never changed."""
    await db.execute(_UPSERT_SQL, *columns(map(astuple, surges)))


async def list_surges(pool: Pool, before: int, limit: int) -> Sequence[tuple[int, ListedSurge]]:
    """Return surges, the newest first, with the numbers of their arrival; below ``before``."""
    with translate_errors():
        rows = await pool.fetch(_PAGE_SQL, before, limit, [*CLOSED_STATUSES])
    return [(row["number"], ListedSurge.model_validate(dict(row))) for row in rows]


async def city_of_surge(pool: Pool, surge_id: str) -> str | None:
    """Return the id of the city of a surge; None for an unknown surge."""
    with translate_errors():
        city: str | None = await pool.fetchval(_CITY_SQL, uuids([surge_id]))
    return city


async def count_to_close(db: Connection, surge_id: str) -> int:
    """Return the number of the open cases of a surge that no order closes yet."""
    count: int = await db.fetchval(_COUNT_OPEN_SQL, surge_id, [*CLOSED_STATUSES])
    return count


async def order_closing(db: Connection, surge_id: str, closing: SurgeClosing) -> int:
    """Record the open cases of a surge for closing; return how many are new."""
    closing_id = new_id()
    await db.execute(_WAIT_SQL)  # a case that is just being closed would count as open
    await db.execute(_ORDER_SQL, closing_id, surge_id, *astuple(closing))
    return row_count(await db.execute(_ORDER_CASES_SQL, closing_id, [*CLOSED_STATUSES]))


async def cases_to_close(db: Connection, limit: int) -> Sequence[tuple[str, SurgeClosing]]:
    """Lock and return some of the cases that are to be closed, with their orders."""
    rows = await db.fetch(_DUE_SQL, limit)
    return [(row["case_id"], SurgeClosing(*tuple(row)[1:])) for row in rows]


async def remove_closed(db: Connection, case_ids: Sequence[str]) -> None:
    """Remove cases from those that are to be closed."""
    await db.execute(_DONE_SQL, case_ids)
