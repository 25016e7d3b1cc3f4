"""Surges that the watcher has published."""

from collections.abc import Collection, Sequence
from datetime import datetime

from services.triage.rules.priority.context import KnownSurge
from shared.runtime.postgres import Connection, columns

_INSERT_SQL = """
    INSERT INTO surges (surge_id, dedup_key, district, since, until, count, expected)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                         $6::integer[], $7::float8[])
    ON CONFLICT (surge_id) DO UPDATE
       SET until = EXCLUDED.until, count = EXCLUDED.count, expected = EXCLUDED.expected
     WHERE surges.until IS NULL AND EXCLUDED.until IS NOT NULL
"""
_SELECT_SQL = """
    SELECT * FROM surges
     WHERE dedup_key = ANY($1::text[]) AND since <= $3 AND (until IS NULL OR until > $2)
"""


async def insert_surges(connection: Connection, surges: Sequence[KnownSurge]) -> None:
    """Store surges in the caller's transaction; the stored end of a surge is never changed."""
    latest = {surge.surge_id: surge for surge in sorted(surges, key=_is_over)}
    rows = [
        (s.surge_id, s.key, s.district, s.since, s.until, s.count, s.expected)
        for s in latest.values()
    ]
    await connection.execute(_INSERT_SQL, *columns(rows))


async def select_surges(
    connection: Connection, keys: Collection[str], since: datetime, until: datetime
) -> Sequence[KnownSurge]:
    """Return the surges that overlap an interval.

    Args:
        since: Begin of the interval, inclusive.
        until: End of the interval, inclusive.
    """
    return [
        KnownSurge(
            str(row["surge_id"]),
            row["dedup_key"],
            row["district"],
            row["since"],
            row["until"],
            row["count"],
            row["expected"],
        )
        for row in await connection.fetch(_SELECT_SQL, list(keys), since, until)
    ]


def _is_over(surge: KnownSurge) -> bool:
    return surge.until is not None
