"""Triage's tables."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

import asyncpg

from services.triage.assessment import PointLookup
from services.triage.records import CaseStateChange, DecisionRecord, RequestSplit
from services.triage.rules.dedup.case_index import CandidateQuery
from services.triage.rules.dedup.model import TriageCase
from services.triage.rules.dedup.placeholder_points import PointUse
from services.triage.rules.priority.context import (
    MAX_ANONYMOUS,
    MAX_COUNTED,
    KnownSurge,
    Reporters,
)
from services.triage.store.candidate_query import CANDIDATES_SQL, query_columns
from services.triage.store.rows import case_of, case_row, report_row
from services.triage.store.splits import SplitStore
from shared.runtime.postgres import Connection
from shared.vocabulary import GeoPoint

_LOCK = """
    SELECT pg_advisory_xact_lock(lock)
      FROM (SELECT DISTINCT hashtextextended(key, 0) AS lock
              FROM unnest($1::text[]) AS key
             ORDER BY lock) AS in_order
"""
_DECIDED = "SELECT request_id FROM decisions WHERE request_id = ANY($1::uuid[])"
_NOTE_TURNS = """
    INSERT INTO turns AS known (case_id, version, closed_at, merged_into)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::uuid[])
    ON CONFLICT (case_id) DO UPDATE
       SET version = excluded.version, closed_at = excluded.closed_at,
           merged_into = excluded.merged_into
     WHERE known.version < excluded.version
"""
_TURN = """
    UPDATE cases
       SET closed_at = turn.closed_at, version = turn.version, merged_into = turn.merged_into
      FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::uuid[])
           AS turn (case_id, version, closed_at, merged_into)
     WHERE cases.case_id = turn.case_id
       AND cases.version < turn.version
"""
_NOTE_SURGES = """
    INSERT INTO surges (surge_id, dedup_key, district, since, until, count, expected)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                         $6::integer[], $7::float8[])
    ON CONFLICT (surge_id) DO UPDATE
       SET until = EXCLUDED.until, count = EXCLUDED.count, expected = EXCLUDED.expected
     WHERE surges.until IS NULL AND EXCLUDED.until IS NOT NULL
"""
_SURGES = """
    SELECT * FROM surges
     WHERE dedup_key = ANY($1::text[]) AND since <= $3 AND (until IS NULL OR until > $2)
"""
# the newest of each point are enough, so that a crowded one costs no more than others
_USES = """
    SELECT used.latitude, used.longitude, used.dedup_key, max(used.opened_at) AS opened_at
      FROM unnest($1::float8[], $2::float8[], $3::timestamptz[], $4::timestamptz[])
           AS wanted (latitude, longitude, since, until)
     CROSS JOIN LATERAL (
           SELECT latitude, longitude, dedup_key, opened_at FROM cases
            WHERE hashfloat8extended(latitude, hashfloat8extended(longitude, 0))
                  = hashfloat8extended(wanted.latitude, hashfloat8extended(wanted.longitude, 0))
              AND latitude = wanted.latitude AND longitude = wanted.longitude
              AND opened_at BETWEEN wanted.since AND wanted.until
            ORDER BY opened_at DESC
            LIMIT 64) AS used
     GROUP BY used.latitude, used.longitude, used.dedup_key
"""
# of the case and all that were merged into it; in order, so that each search ends at its limit
# however many reports a case has
_REPORTERS = """
    WITH RECURSIVE family AS (
        SELECT home, home AS case_id FROM unnest($1::uuid[]) AS home
         UNION
        SELECT home, turns.case_id FROM family JOIN turns ON turns.merged_into = family.case_id
    )
    SELECT home AS case_id,
           ARRAY(SELECT DISTINCT reporter_ref
                   FROM unnest(members) AS member CROSS JOIN LATERAL (
                        SELECT DISTINCT reporter_ref FROM decisions
                         WHERE case_id = member AND reporter_ref IS NOT NULL
                         ORDER BY reporter_ref LIMIT $2) AS named
                  ORDER BY reporter_ref LIMIT $2) AS people,
           (SELECT count(*)
              FROM (SELECT FROM unnest(members) AS member CROSS JOIN LATERAL (
                           SELECT FROM decisions
                            WHERE case_id = member AND reporter_ref IS NULL LIMIT $3) AS each
                     LIMIT $3) AS counted
           ) AS nameless
      FROM (SELECT home, array_agg(case_id) AS members FROM family GROUP BY home) AS families
"""
_HOMES = """
    WITH RECURSIVE way AS (
        SELECT named, named AS case_id FROM unnest($1::uuid[]) AS named
         UNION
        SELECT named, merged_into FROM way JOIN turns USING (case_id) WHERE merged_into IS NOT NULL
    )
    SELECT named, case_id, closed_at
      FROM way LEFT JOIN turns USING (case_id) WHERE merged_into IS NULL
"""
_ADD = """
    INSERT INTO cases (case_id, dedup_key, service_code, request_id, opened_at, latitude,
                       longitude, address_key, reporter_ref, off_m, words, asset,
                       is_placed, closed_at, split_from, version, merged_into)
    SELECT new.case_id, dedup_key, service_code, request_id, opened_at, latitude, longitude,
           address_key, reporter_ref, off_m, words, asset, is_placed,
           coalesce(turns.closed_at, new.closed_at), split_from, coalesce(turns.version, 0),
           turns.merged_into
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $6::float8[],
                  $7::float8[], $8::text[], $9::text[], $10::float8[], $11::text[], $12::text[],
                  $13::boolean[], $14::timestamptz[], $15::uuid[])
           AS new (case_id, dedup_key, service_code, request_id, opened_at, latitude, longitude,
                   address_key, reporter_ref, off_m, words, asset, is_placed,
                   closed_at, split_from)
      LEFT JOIN turns USING (case_id)
    ON CONFLICT (case_id) DO NOTHING
"""
_DECISION_COLUMNS = (
    "request_id",
    "case_id",
    "outcome",
    "dedup_key",
    "service_code",
    "observed_at",
    "latitude",
    "longitude",
    "address_key",
    "reporter_ref",
    "off_m",
    "words",
    "asset",
    "is_placed",
)


class PostgresTriageStore:
    """The known cases and the decisions made, in the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._splits = SplitStore(connection)

    async def lock(self, keys: Collection[str]) -> None:
        """Wait until nobody else decides under these dedup keys; in one order for all."""
        await self._connection.execute(_LOCK, list(keys))

    async def already_decided(self, request_ids: Collection[str]) -> set[str]:
        """Return those of the requests that were decided before."""
        rows = await self._connection.fetch(_DECIDED, list(request_ids))
        return {str(row["request_id"]) for row in rows}

    async def record_state_changes(self, turns: Sequence[CaseStateChange]) -> None:
        """Note what cases ended, were merged or reopened."""
        columns = (
            [turn.case_id for turn in turns],
            [turn.version for turn in turns],
            [turn.closed_at for turn in turns],
            [turn.merged_into for turn in turns],
        )
        await self._connection.execute(_NOTE_TURNS, *columns)
        await self._connection.execute(_TURN, *columns)

    async def record_splits(self, splits: Sequence[RequestSplit]) -> None:
        """Note that requests went to other cases, and know those cases."""
        await self._splits.record(splits)
        await self.add(await self._splits.apply(splits))

    async def record_surges(self, surges: Sequence[KnownSurge]) -> None:
        """Know these surges; an end that is known already stays."""
        latest = {surge.surge_id: surge for surge in sorted(surges, key=_is_over)}
        rows = [
            (s.surge_id, s.key, s.district, s.since, s.until, s.count, s.expected)
            for s in latest.values()
        ]
        await self._connection.execute(_NOTE_SURGES, *map(list, zip(*rows, strict=True)))

    async def surges(
        self, keys: Collection[str], since: datetime, until: datetime
    ) -> Sequence[KnownSurge]:
        """Return the surges of these dedup keys between the moments."""
        rows = await self._connection.fetch(_SURGES, list(keys), since, until)
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
            for row in rows
        ]

    async def candidates(self, searches: Sequence[CandidateQuery]) -> Iterable[TriageCase]:
        """Return the cases around the places, at the addresses and of the persons searched."""
        if not searches:
            return ()
        found = await self._connection.fetch(CANDIDATES_SQL, *query_columns(searches))
        rows = {row["case_id"]: row for row in found}.values()
        named = {row[name] for row in rows for name in ("merged_into", "split_from") if row[name]}
        homes = await self._homes(named) if named else {}
        return [_known(row, homes) for row in rows]

    async def _homes(self, named: Collection[UUID]) -> Mapping[UUID, asyncpg.Record]:
        """Return where the requests of each of these cases are now."""
        rows = await self._connection.fetch(_HOMES, list(named))
        return {row["named"]: row for row in rows}

    async def reporters(self, case_ids: Collection[str]) -> Mapping[str, Reporters]:
        """Return who reported each of these cases."""
        if not case_ids:
            return {}
        rows = await self._connection.fetch(_REPORTERS, list(case_ids), MAX_COUNTED, MAX_ANONYMOUS)
        return {
            str(row["case_id"]): Reporters(frozenset(row["people"]), row["nameless"])
            for row in rows
        }

    async def point_uses(self, spans: Sequence[PointLookup]) -> Iterable[PointUse]:
        """Return the newest case of each group at exactly these points."""
        if not spans:
            return ()
        rows = await self._connection.fetch(
            _USES,
            [point.latitude for point, _, _ in spans],
            [point.longitude for point, _, _ in spans],
            [since for _, since, _ in spans],
            [until for _, _, until in spans],
        )
        return [
            PointUse(
                GeoPoint(row["latitude"], row["longitude"]), row["dedup_key"], row["opened_at"]
            )
            for row in rows
        ]

    async def add(self, cases: Sequence[TriageCase]) -> None:
        """Know these cases; one that is known already stays as it is."""
        if cases:
            rows = [case_row(case) for case in cases]
            await self._connection.execute(_ADD, *map(list, zip(*rows, strict=True)))

    async def record_decisions(self, decisions: Sequence[DecisionRecord]) -> None:
        """Keep these decisions; a split that was noted before one of them holds."""
        rows = [
            (d.report.request_id, d.case_id, d.outcome, d.key, *report_row(d.report))
            for d in decisions
        ]
        await self._connection.copy_records_to_table(
            "decisions", columns=_DECISION_COLUMNS, records=rows
        )
        if noted := await self._splits.of([d.report.request_id for d in decisions]):
            await self.add(await self._splits.apply(noted))


def _is_over(surge: KnownSurge) -> bool:
    return surge.until is not None


def _known(row: asyncpg.Record, homes: Mapping[UUID, asyncpg.Record]) -> TriageCase:
    known = case_of(row)
    if row["split_from"]:
        known = known._replace(split_from=str(homes[row["split_from"]]["case_id"]))
    if row["merged_into"]:
        home = homes[row["merged_into"]]
        known = known._replace(case_id=str(home["case_id"]), closed_at=home["closed_at"])
    return known
