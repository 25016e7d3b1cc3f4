"""Reads the facts of a period for the reports."""

from collections import defaultdict
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time
from typing import Any, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

import asyncpg

from services.insight.rules.months import MonthCounts
from shared.runtime.postgres import Connection, Pool, borrow

Row: TypeAlias = "asyncpg.Record"


class CityPeriod(NamedTuple):
    """Moments of a city from ``since``, inclusive, to ``until``, exclusive."""

    jurisdiction: str
    since: datetime
    until: datetime


# Reports read much of the tables; elsewhere the session forbids that.
_PLANS = """
    SELECT set_config(name, 'on', true)
      FROM unnest('{enable_seqscan,enable_hashjoin,enable_mergejoin}'::text[]) AS name
"""
_REQUESTS = """
    SELECT r.jurisdiction, r.channel, r.language, r.kind, r.dedup_group, r.district, r.level,
           r.outcome, r.unsure, r.submitted_at, r.asked, r.fixed, r.moves, c.bureau, c.corrected,
           first.submitted_at AS first_at, first.request_id = r.request_id AS is_first,
           desk.outcome AS desk_outcome, desk.seconds AS handle_seconds
      FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS p (city, since, until)
      JOIN requests AS r ON r.jurisdiction = p.city
                        AND r.submitted_at >= p.since AND r.submitted_at < p.until
 LEFT JOIN cases AS c USING (case_id)
 LEFT JOIN desk_contacts AS desk USING (request_id)
 LEFT JOIN LATERAL (SELECT request_id, submitted_at FROM requests AS other
                     WHERE other.case_id = r.case_id AND submitted_at IS NOT NULL
                     ORDER BY submitted_at, request_id LIMIT 1) AS first ON true
"""
_CONTACTS = """
    SELECT d.jurisdiction, d.channel, d.language, d.at, d.outcome, d.seconds
      FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS p (city, since, until)
      JOIN desk_contacts AS d ON d.jurisdiction = p.city AND d.at >= p.since AND d.at < p.until
     WHERE d.request_id IS NULL
"""
_CASES = """
    SELECT c.*, turns.what, turns.at
      FROM unnest($1::text[], $2::timestamptz[], $3::timestamptz[]) AS p (city, since, until)
      JOIN cases AS c ON c.jurisdiction = p.city
                     AND c.opened_at >= p.since AND c.opened_at < p.until
 LEFT JOIN LATERAL (SELECT array_agg(what ORDER BY version) AS what,
                           array_agg(at ORDER BY version) AS at
                      FROM case_changes AS change
                     WHERE change.case_id = c.case_id
                       AND what IN ('closed', 'reopened')) AS turns ON c.reopened
     WHERE NOT c.merged
"""
_MEMBERS = """
    SELECT case_id, submitted_at, reporter, entered_by, channel, language, district
      FROM requests
     WHERE case_id = ANY($1) AND submitted_at IS NOT NULL
     ORDER BY submitted_at, request_id
"""

_MONTHS = """
    WITH since AS (
        SELECT date_trunc('month', submitted_at AT TIME ZONE $2)::date AS month, kind, district
          FROM requests
         WHERE jurisdiction = $1 AND submitted_at >= $3::timestamp AT TIME ZONE $2)
    SELECT CASE grouping(kind) WHEN 0 THEN 'kind' ELSE 'district' END AS by,
           month, coalesce(kind, district) AS value, count(*) AS n
      FROM since
  GROUP BY GROUPING SETS ((month, kind), (month, district)) ORDER BY month, value
"""


@asynccontextmanager
async def snapshot(pool: Pool) -> AsyncGenerator[Connection]:
    """Yield a connection that sees one state of the tables."""
    async with borrow(pool) as db, db.transaction(isolation="repeatable_read", readonly=True):
        await db.execute(_PLANS)
        yield db


async def request_rows(db: Connection, periods: Sequence[CityPeriod]) -> Sequence[Row]:
    """Return the requests of the periods, with the state of their cases."""
    return await db.fetch(_REQUESTS, *_columns(periods))


async def contact_rows(db: Connection, periods: Sequence[CityPeriod]) -> Sequence[Row]:
    """Return the desk's contacts of the periods that became no request."""
    return await db.fetch(_CONTACTS, *_columns(periods))


async def case_rows(
    db: Connection, periods: Sequence[CityPeriod]
) -> Sequence[tuple[Row, Sequence[Row]]]:
    """Return the cases first reported in the periods, each with its requests in order."""
    cases = await db.fetch(_CASES, *_columns(periods))
    members: dict[Any, list[Row]] = defaultdict(list)
    for row in await db.fetch(_MEMBERS, [case["case_id"] for case in cases]):
        members[row["case_id"]].append(row)
    return [(case, members[case["case_id"]]) for case in cases]


async def month_counts(
    db: Connection, city: str, zone: ZoneInfo, since: date
) -> Mapping[str, MonthCounts]:
    """Return the requests of each month since a day, by ``kind`` and by ``district``."""
    counts: dict[str, dict[date, dict[str | None, int]]] = {
        by: defaultdict(dict) for by in ("kind", "district")
    }
    for by, month, value, n in await db.fetch(
        _MONTHS, city, zone.key, datetime.combine(since, time())
    ):
        counts[by][month][value] = n
    return counts


def _columns(periods: Sequence[CityPeriod]) -> Sequence[Sequence[object]]:
    return [list(column) for column in zip(*periods, strict=True)]
