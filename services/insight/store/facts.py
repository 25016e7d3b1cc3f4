"""The rows that insight folds from events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.insight.records import FactUpdates
from services.insight.rules.cases import CaseVersion, FoldedCase
from shared.runtime.postgres import Connection, columns

_DECIDED = """
    INSERT INTO requests (request_id, jurisdiction, channel, language, kind, dedup_group, district,
                          level, outcome, unsure, entered_by, submitted_at, reporter)
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                         $7::text[], $8::text[], $9::text[], $10::boolean[], $11::text[],
                         $12::timestamptz[], $13::bigint[])
    ON CONFLICT (request_id) DO UPDATE
       SET jurisdiction = excluded.jurisdiction, channel = excluded.channel,
           language = excluded.language, kind = excluded.kind,
           dedup_group = excluded.dedup_group, district = excluded.district,
           level = excluded.level, outcome = excluded.outcome, unsure = excluded.unsure,
           entered_by = excluded.entered_by, submitted_at = excluded.submitted_at,
           reporter = excluded.reporter
     WHERE requests.submitted_at IS NULL
"""
_MEMBERSHIPS = """
    INSERT INTO requests (request_id, case_id, moves)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[])
    ON CONFLICT (request_id) DO UPDATE SET case_id = excluded.case_id, moves = excluded.moves
     WHERE requests.moves < excluded.moves
"""
_ASKED = """
    INSERT INTO requests (request_id, asked) SELECT id, true FROM unnest($1::uuid[]) AS id
    ON CONFLICT (request_id) DO UPDATE SET asked = true WHERE NOT requests.asked
"""
_ANSWERS = """
    INSERT INTO requests (request_id, answered_at, fixed)
    SELECT * FROM unnest($1::uuid[], $2::timestamptz[], $3::boolean[])
    ON CONFLICT (request_id) DO UPDATE
       SET answered_at = excluded.answered_at, fixed = excluded.fixed
     WHERE requests.answered_at IS NULL OR requests.answered_at < excluded.answered_at
"""
_CHANGES = """
    INSERT INTO case_changes
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::timestamptz[], $4::text[], $5::text[],
                         $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
                         $11::timestamptz[], $12::timestamptz[], $13::boolean[], $14::boolean[])
    ON CONFLICT (case_id, version) DO NOTHING
"""
_KNOWN_CHANGES = "SELECT * FROM case_changes WHERE case_id = ANY($1::uuid[])"
_CASES = """
    INSERT INTO cases
    SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                         $7::text[], $8::timestamptz[], $9::timestamptz[], $10::timestamptz[],
                         $11::timestamptz[], $12::boolean[], $13::boolean[], $14::boolean[],
                         $15::boolean[])
    ON CONFLICT (case_id) DO UPDATE
       SET jurisdiction = excluded.jurisdiction, kind = excluded.kind,
           dedup_group = excluded.dedup_group, bureau = excluded.bureau, level = excluded.level,
           status = excluded.status, opened_at = excluded.opened_at,
           acknowledged_at = excluded.acknowledged_at, ended_at = excluded.ended_at,
           complete_by = excluded.complete_by, merged = excluded.merged,
           was_completed = excluded.was_completed, reopened = excluded.reopened,
           corrected = excluded.corrected
"""


@dataclass(frozen=True, slots=True)
class PostgresInsightStore:
    """Insight's tables inside the caller's transaction."""

    db: Connection

    async def apply(self, updates: FactUpdates) -> None:
        """Store what events state; rows are locked in order of their ids."""
        for statement, rows in (
            (_DECIDED, updates.decided.values()),
            (_MEMBERSHIPS, updates.memberships.values()),
            (_ASKED, [(request_id,) for request_id in updates.asked]),
            (_ANSWERS, updates.answers.values()),
            (_CHANGES, updates.changes.values()),
        ):
            ordered: list[tuple[Any, ...]] = sorted(rows, key=lambda row: row[:1])
            if ordered:
                await self.db.execute(statement, *columns(ordered))

    async def changes(self, case_ids: Sequence[str]) -> Sequence[CaseVersion]:
        """Return all known versions of cases."""
        rows = await self.db.fetch(_KNOWN_CHANGES, case_ids)
        return [CaseVersion(**{**row, "case_id": str(row["case_id"])}) for row in rows]

    async def put_cases(self, cases: Sequence[FoldedCase]) -> None:
        """Replace the folded cases."""
        if ordered := sorted(cases, key=lambda case: case.case_id):
            await self.db.execute(_CASES, *columns(ordered))
