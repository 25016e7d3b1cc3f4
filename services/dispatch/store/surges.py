"""Surges and their cases.

Which cases belong to a surge is not stored: the view ``surge_cases`` has the rule.
"""

from collections.abc import Sequence
from dataclasses import astuple

from services.dispatch.records import KnownSurge
from shared.runtime.postgres import Connection, columns

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


async def upsert_surges(db: Connection, surges: Sequence[KnownSurge]) -> None:
    """Store surges, each once; the stored end of a surge is never changed."""
    await db.execute(_UPSERT_SQL, *columns(map(astuple, surges)))
