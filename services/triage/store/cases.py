"""Triage's store in PostgreSQL."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

import asyncpg

from services.triage.decisions.assessment import PointLookup
from services.triage.records import (
    CaseStateChange,
    CorrectedCase,
    DecisionRecord,
    PlacedRequest,
    SplitRecord,
)
from services.triage.rules.dedup.case_index import CandidateQuery
from services.triage.rules.dedup.model import ReportPlace, TriageCase
from services.triage.rules.dedup.scoring import PointUse
from services.triage.rules.priority.context import MAX_ANONYMOUS, MAX_COUNTED, KnownSurge, Reporters
from services.triage.store.candidate_query import CANDIDATES_SQL, query_columns
from services.triage.store.notes import PostgresNotes
from services.triage.store.rows import (
    current_case_from_row,
    opening_row,
    report_from_row,
    report_row,
)
from services.triage.store.splits import apply_splits, insert_splits, splits_of
from shared.runtime.postgres import Connection, columns, insert_rows
from shared.vocabulary import GeoPoint

_LOCK_SQL = """
    SELECT pg_advisory_xact_lock(lock)
      FROM (SELECT DISTINCT hashtextextended(key, 0) AS lock
              FROM unnest($1::text[]) AS key
             ORDER BY lock) AS in_order
"""
_DECIDED_SQL = "SELECT request_id FROM decisions WHERE request_id = ANY($1::uuid[])"
_INSERT_CHANGES_SQL = """
    INSERT INTO case_state_changes AS stored (case_id, version, closed_at, merged_into)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::uuid[])
    ON CONFLICT (case_id) DO UPDATE
       SET version = excluded.version, closed_at = excluded.closed_at,
           merged_into = excluded.merged_into
     WHERE stored.version < excluded.version
"""
_UPDATE_CASES_SQL = """
    UPDATE cases
       SET closed_at = change.closed_at, version = change.version,
           merged_into = change.merged_into
      FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::uuid[])
           AS change (case_id, version, closed_at, merged_into)
     WHERE cases.case_id = change.case_id
       AND cases.version < change.version
"""
# A case that no report could match was not stored; its first decision has the rest.
_CORRECT_SQL = """
    WITH corrected AS (
        INSERT INTO cases (case_id, dedup_key, service_code, request_id, opened_at, latitude,
                           longitude, address_key, reporter_ref, position_error_m, words, asset,
                           is_placed, closed_at, version, merged_into, corrected_version)
        SELECT new.case_id, new.dedup_key, new.service_code, request_id, observed_at, new.latitude,
               new.longitude, new.address_key, reporter_ref, new.position_error_m, words, asset,
               is_placed, change.closed_at, coalesce(change.version, 0), change.merged_into,
               new.version
          FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::text[], $5::text[], $6::float8[],
                      $7::float8[], $8::text[], $9::float8[])
               AS new (case_id, version, opened_by, dedup_key, service_code, latitude, longitude,
                       address_key, position_error_m)
          JOIN decisions ON decisions.request_id = new.opened_by
          LEFT JOIN case_state_changes AS change ON change.case_id = new.case_id
        ON CONFLICT (case_id) DO UPDATE
           SET dedup_key = excluded.dedup_key, service_code = excluded.service_code,
               latitude = excluded.latitude, longitude = excluded.longitude,
               address_key = excluded.address_key, position_error_m = excluded.position_error_m,
               corrected_version = excluded.corrected_version
         WHERE cases.corrected_version < excluded.corrected_version
        RETURNING case_id, dedup_key, service_code
    )
    UPDATE decisions
       SET dedup_key = corrected.dedup_key, service_code = corrected.service_code
      FROM corrected
     WHERE decisions.case_id = corrected.case_id
"""
# the newest cases of each point are enough: the limit bounds the cost of a crowded point
_POINT_USES_SQL = """
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
# of the case and all that were merged into it; ordered, so that each search ends at its limit
# however many reports a case has
_REPORTERS_SQL = """
    WITH RECURSIVE merged AS (
        SELECT target, target AS case_id FROM unnest($1::uuid[]) AS target
         UNION
        SELECT target, change.case_id
          FROM merged JOIN case_state_changes AS change ON change.merged_into = merged.case_id
    )
    SELECT target AS case_id,
           ARRAY(SELECT DISTINCT reporter_ref
                   FROM unnest(members) AS member CROSS JOIN LATERAL (
                        SELECT DISTINCT reporter_ref FROM decisions
                         WHERE case_id = member AND reporter_ref IS NOT NULL
                         ORDER BY reporter_ref LIMIT $2) AS of_member
                  ORDER BY reporter_ref LIMIT $2) AS people,
           (SELECT count(*)
              FROM (SELECT FROM unnest(members) AS member CROSS JOIN LATERAL (
                           SELECT FROM decisions
                            WHERE case_id = member AND reporter_ref IS NULL LIMIT $3) AS each
                     LIMIT $3) AS counted
           ) AS anonymous
      FROM (SELECT target, array_agg(case_id) AS members FROM merged GROUP BY target) AS cases
"""
# follow merges from each case to the one that has its requests now
_MERGE_TARGETS_SQL = """
    WITH RECURSIVE path AS (
        SELECT source, source AS case_id FROM unnest($1::uuid[]) AS source
         UNION
        SELECT source, merged_into
          FROM path JOIN case_state_changes USING (case_id) WHERE merged_into IS NOT NULL
    )
    SELECT source, case_id, closed_at
      FROM path LEFT JOIN case_state_changes USING (case_id) WHERE merged_into IS NULL
"""
_INSERT_CASES_SQL = """
    INSERT INTO cases (case_id, dedup_key, service_code, request_id, opened_at, latitude,
                       longitude, address_key, reporter_ref, position_error_m, words, asset,
                       is_placed, kind_words, likely_kinds, dangers, closed_at, split_from,
                       version, merged_into)
    SELECT new.case_id, dedup_key, service_code, request_id, opened_at, latitude, longitude,
           address_key, reporter_ref, position_error_m, words, asset, is_placed,
           kind_words, likely_kinds, dangers, coalesce(change.closed_at, new.closed_at),
           split_from, coalesce(change.version, 0), change.merged_into
      FROM unnest($1::uuid[], $2::text[], $3::text[], $4::uuid[], $5::timestamptz[], $6::float8[],
                  $7::float8[], $8::text[], $9::text[], $10::float8[], $11::text[], $12::text[],
                  $13::boolean[], $14::text[], $15::text[], $16::text[], $17::timestamptz[],
                  $18::uuid[])
           AS new (case_id, dedup_key, service_code, request_id, opened_at, latitude, longitude,
                   address_key, reporter_ref, position_error_m, words, asset, is_placed,
                   kind_words, likely_kinds, dangers, closed_at, split_from)
      LEFT JOIN case_state_changes AS change USING (case_id)
    ON CONFLICT (case_id) DO NOTHING
"""
# each case by the first of its requests, however it was merged, and the case that has them now
_FOLLOWED_SQL = """
    SELECT named.case_id AS named, opening.*
      FROM unnest($1::uuid[]) AS named (case_id)
     CROSS JOIN LATERAL (
           SELECT *, observed_at AS opened_at
             FROM decisions
            WHERE decisions.case_id = named.case_id
            ORDER BY observed_at, request_id
            LIMIT 1) AS opening
"""
_INSERT_SURGES_SQL = """
    INSERT INTO surges (surge_id, dedup_key, district, since, until, count, expected)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[],
                         $6::integer[], $7::float8[])
    ON CONFLICT (surge_id) DO UPDATE
       SET until = EXCLUDED.until, count = EXCLUDED.count, expected = EXCLUDED.expected
     WHERE surges.until IS NULL AND EXCLUDED.until IS NOT NULL
"""
_SURGES_SQL = """
    SELECT surge_id, dedup_key, district, since, until, count, expected FROM surges
     WHERE dedup_key = ANY($1::text[]) AND since <= $3 AND (until IS NULL OR until > $2)
"""
_PLACE_DECISIONS_SQL = """
    UPDATE decisions
       SET latitude = placed.latitude, longitude = placed.longitude,
           address_key = placed.address_key, position_error_m = placed.position_error_m
      FROM unnest($1::uuid[], $2::float8[], $3::float8[], $4::text[], $5::float8[])
           AS placed (request_id, latitude, longitude, address_key, position_error_m)
     WHERE decisions.request_id = placed.request_id
       AND decisions.latitude IS NULL AND decisions.address_key IS NULL
    RETURNING decisions.*, observed_at AS opened_at
"""
_PLACE_CASES_SQL = """
    UPDATE cases
       SET latitude = placed.latitude, longitude = placed.longitude,
           address_key = placed.address_key, position_error_m = placed.position_error_m
      FROM decisions AS placed
     WHERE placed.request_id = ANY($1::uuid[])
       AND cases.case_id = placed.case_id AND cases.request_id = placed.request_id
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
    "position_error_m",
    "words",
    "asset",
    "is_placed",
    "kind_words",
    "likely_kinds",
    "dangers",
    "stated",
    "score",
    "emergency",
)


class PostgresTriageStore:
    """Triage's tables in the caller's transaction; the methods of ``handlers.TriageStore``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.notes = PostgresNotes(connection)

    async def lock(self, keys: Collection[str]) -> None:
        """Take the advisory lock of each dedup key, in one order for all transactions."""
        await self._connection.execute(_LOCK_SQL, list(keys))

    async def already_decided(self, request_ids: Collection[str]) -> set[str]:
        """Return those of the requests that have a decision."""
        rows = await self._connection.fetch(_DECIDED_SQL, list(request_ids))
        return {str(row["request_id"]) for row in rows}

    async def record_state_changes(self, changes: Sequence[CaseStateChange]) -> None:
        """Store state changes, and update the cases that are stored."""
        values = columns((c.case_id, c.version, c.closed_at, c.merged_into) for c in changes)
        await self._connection.execute(_INSERT_CHANGES_SQL, *values)
        await self._connection.execute(_UPDATE_CASES_SQL, *values)

    async def record_corrections(self, corrections: Sequence[CorrectedCase]) -> None:
        """Set kind and place of cases, and the kind of their requests."""
        rows = [
            (c.case_id, c.version, c.opened_by, c.key, c.service_code, *_place_columns(c.place))
            for c in corrections
        ]
        await self._connection.execute(_CORRECT_SQL, *columns(rows))

    async def record_splits(self, splits: Sequence[SplitRecord]) -> None:
        """Store splits and add the cases that the requests moved to."""
        await insert_splits(self._connection, splits)
        await self.add(await apply_splits(self._connection, splits))

    async def record_surges(self, surges: Sequence[KnownSurge]) -> None:
        """Store surges; the stored end of a surge is never changed."""
        latest = {surge.surge_id: surge for surge in sorted(surges, key=_is_over)}
        rows = [
            (s.surge_id, s.key, s.district, s.since, s.until, s.count, s.expected)
            for s in latest.values()
        ]
        await self._connection.execute(_INSERT_SURGES_SQL, *columns(rows))

    async def surges(
        self, keys: Collection[str], since: datetime, until: datetime
    ) -> Sequence[KnownSurge]:
        """Return the surges that overlap an interval, bounds inclusive."""
        rows = await self._connection.fetch(_SURGES_SQL, list(keys), since, until)
        return [KnownSurge(str(surge_id), *values) for surge_id, *values in rows]

    async def candidates(self, queries: Sequence[CandidateQuery]) -> Iterable[TriageCase]:
        """Return the cases that match a query, each under the id that it was merged into."""
        if not queries:
            return ()
        found = await self._connection.fetch(CANDIDATES_SQL, *query_columns(queries))
        rows = {row["case_id"]: row for row in found}.values()
        linked = {row[name] for row in rows for name in ("merged_into", "split_from") if row[name]}
        targets = await self._merge_targets(linked) if linked else {}
        return [current_case_from_row(row, targets) for row in rows]

    async def _merge_targets(self, case_ids: Collection[UUID]) -> Mapping[UUID, asyncpg.Record]:
        rows = await self._connection.fetch(_MERGE_TARGETS_SQL, list(case_ids))
        return {row["source"]: row for row in rows}

    async def followed(self, case_ids: Collection[str]) -> Mapping[str, TriageCase]:
        """Return the existing ones of the cases, merges followed; invalid ids are ignored."""
        named = list(_uuids(case_ids))
        rows = await self._connection.fetch(_FOLLOWED_SQL, named) if named else ()
        targets = await self._merge_targets({row["named"] for row in rows}) if rows else {}
        return {
            str(row["named"]): TriageCase(
                str(targets[row["named"]]["case_id"]),
                row["dedup_key"],
                report_from_row(row),
                targets[row["named"]]["closed_at"],
            )
            for row in rows
        }

    async def reporters(self, case_ids: Collection[str]) -> Mapping[str, Reporters]:
        """Return the reporters of each of these cases."""
        if not case_ids:
            return {}
        rows = await self._connection.fetch(
            _REPORTERS_SQL, list(case_ids), MAX_COUNTED, MAX_ANONYMOUS
        )
        return {
            str(row["case_id"]): Reporters(frozenset(row["people"]), row["anonymous"])
            for row in rows
        }

    async def point_uses(self, lookups: Sequence[PointLookup]) -> Iterable[PointUse]:
        """Return the newest case of each dedup key at exactly these points."""
        if not lookups:
            return ()
        wanted = columns((at.latitude, at.longitude, since, until) for at, since, until in lookups)
        rows = await self._connection.fetch(_POINT_USES_SQL, *wanted)
        return [
            PointUse(
                GeoPoint(row["latitude"], row["longitude"]), row["dedup_key"], row["opened_at"]
            )
            for row in rows
        ]

    async def add(self, cases: Sequence[TriageCase]) -> None:
        """Add cases; one that is stored already stays as it is."""
        if cases:
            rows = [
                (c.case_id, c.key, *opening_row(c.opening), c.closed_at, c.split_from)
                for c in cases
            ]
            await self._connection.execute(_INSERT_CASES_SQL, *columns(rows))

    async def record_decisions(self, decisions: Sequence[DecisionRecord]) -> None:
        """Store decisions and apply the splits that arrived before them."""
        rows = [
            (
                d.report.request_id,
                d.case_id,
                d.outcome,
                d.key,
                *report_row(d.report),
                d.stated,
                d.score,
                d.emergency,
            )
            for d in decisions
        ]
        await insert_rows(self._connection, "decisions", _DECISION_COLUMNS, rows)
        request_ids = [d.report.request_id for d in decisions]
        if earlier := await splits_of(self._connection, request_ids):
            await self.add(await apply_splits(self._connection, earlier))

    async def record_places(self, placed: Sequence[PlacedRequest]) -> None:
        """Set the place of requests without one, and let later reports find their cases."""
        values = columns(map(_place_row, placed))
        rows = await self._connection.fetch(_PLACE_DECISIONS_SQL, *values)
        await self._connection.execute(_PLACE_CASES_SQL, [row["request_id"] for row in rows])
        # Stored cases stay; those that no later report could match were not stored.
        opened = [row for row in rows if row["case_id"] and row["outcome"] != "duplicate"]
        await self.add(
            [TriageCase(str(r["case_id"]), r["dedup_key"], report_from_row(r)) for r in opened]
        )


def _is_over(surge: KnownSurge) -> bool:
    return surge.until is not None


def _place_row(placed: PlacedRequest) -> tuple[object, ...]:
    return placed.request_id, *_place_columns(placed.place)


def _place_columns(place: ReportPlace) -> tuple[object, ...]:
    point, address, error_m = place
    latitude, longitude = (point.latitude, point.longitude) if point else (None, None)
    return latitude, longitude, address, error_m


def _uuids(texts: Iterable[str]) -> Iterator[UUID]:
    for text in texts:
        with suppress(ValueError):
            yield UUID(text)
