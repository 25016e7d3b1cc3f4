"""Splits that operators ordered: store them, and apply them to cases and decisions."""

from collections.abc import Sequence

from services.triage.records import SplitRecord
from services.triage.rules.dedup.model import TriageCase
from services.triage.store.rows import opening_row, report_from_row
from shared.runtime.postgres import Connection, columns

_INSERT_SQL = """
    INSERT INTO splits (request_id, moves, from_case, to_case, version, opened_by)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::integer[],
                         $6::uuid[])
    ON CONFLICT DO NOTHING
"""
_SELECT_SQL = """
    SELECT * FROM splits WHERE request_id = ANY($1::uuid[])
     UNION
    SELECT * FROM splits WHERE opened_by = ANY($1::uuid[])
"""
_DECISIONS_SQL = """
    SELECT *, observed_at AS opened_at FROM decisions WHERE request_id = ANY($1::uuid[])
"""
_MOVE_SQL = """
    UPDATE decisions
       SET case_id = split.to_case, moves = split.moves
      FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS split (request_id, to_case, moves)
     WHERE decisions.request_id = split.request_id
       AND decisions.moves < split.moves
"""
_REPLACE_OPENING_SQL = """
    UPDATE cases
       SET service_code = $3, request_id = $4, opened_at = $5, latitude = $6, longitude = $7,
           address_key = $8, reporter_ref = $9, position_error_m = $10, words = $11, asset = $12,
           is_placed = $13, kind_words = $14, likely_kinds = $15, dangers = $16,
           opening_version = $2
     WHERE case_id = $1 AND opening_version < $2
"""


async def insert_splits(db: Connection, splits: Sequence[SplitRecord]) -> None:
    """Store splits permanently; a stored one stays as it is."""
    rows = [(s.request_id, s.moves, s.from_case, s.to_case, s.version, s.opened_by) for s in splits]
    await db.execute(_INSERT_SQL, *columns(rows))


async def splits_of(db: Connection, request_ids: Sequence[str]) -> Sequence[SplitRecord]:
    """Return the splits that moved these requests, or made one of them open the old case."""
    rows = await db.fetch(_SELECT_SQL, request_ids)
    return [
        SplitRecord(
            str(row["request_id"]),
            str(row["from_case"]),
            str(row["to_case"]),
            row["version"],
            row["moves"],
            str(row["opened_by"]) if row["opened_by"] else None,
        )
        for row in rows
    ]


async def apply_splits(db: Connection, splits: Sequence[SplitRecord]) -> Sequence[TriageCase]:
    """Move the decided requests of splits, and return the cases that they open.

    The case that a request left represents another request from then on, when the split
    names one. A split of an undecided request has no effect until its decision.
    """
    requests = {r for split in splits for r in (split.request_id, split.opened_by) if r}
    decisions = await db.fetch(_DECISIONS_SQL, list(requests))
    rows = {str(row["request_id"]): row for row in decisions}
    by_moves = sorted(splits, key=lambda split: split.moves)
    latest = {split.request_id: split for split in by_moves}.values()
    await db.execute(_MOVE_SQL, *columns((s.request_id, s.to_case, s.moves) for s in latest))
    for split in splits:
        if split.opened_by in rows:
            opening = opening_row(report_from_row(rows[split.opened_by]))
            await db.execute(_REPLACE_OPENING_SQL, split.from_case, split.version, *opening)
    return [
        TriageCase(
            split.to_case,
            rows[split.request_id]["dedup_key"],
            report_from_row(rows[split.request_id]),
            split_from=split.from_case,
        )
        for split in splits
        if split.request_id in rows
    ]
