"""The splits that operators ordered, in PostgreSQL, and what they change."""

from collections.abc import Sequence

from services.triage.records import RequestSplit
from services.triage.rules.dedup.model import TriageCase
from services.triage.store.rows import opening_row, report_of
from shared.runtime.postgres import Connection

_NOTE = """
    INSERT INTO splits (request_id, moves, from_case, to_case, version, opened_by)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::uuid[], $4::uuid[], $5::integer[],
                         $6::uuid[])
    ON CONFLICT DO NOTHING
"""
_OF = """
    SELECT * FROM splits WHERE request_id = ANY($1::uuid[])
     UNION
    SELECT * FROM splits WHERE opened_by = ANY($1::uuid[])
"""
_DECIDED = "SELECT *, observed_at AS opened_at FROM decisions WHERE request_id = ANY($1::uuid[])"
_MOVE = """
    UPDATE decisions
       SET case_id = split.to_case, moves = split.moves
      FROM unnest($1::uuid[], $2::uuid[], $3::integer[]) AS split (request_id, to_case, moves)
     WHERE decisions.request_id = split.request_id
       AND decisions.moves < split.moves
"""
_RESTATE = """
    UPDATE cases
       SET service_code = $3, request_id = $4, opened_at = $5, latitude = $6, longitude = $7,
           address_key = $8, reporter_ref = $9, off_m = $10, words = $11, asset = $12,
           is_placed = $13, restated = $2
     WHERE case_id = $1 AND restated < $2
"""


class SplitStore:
    """Splits are kept for ever, and carried out as soon as their requests are decided."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def record(self, splits: Sequence[RequestSplit]) -> None:
        """Keep these splits; one that is known already stays as it is."""
        await self._connection.execute(
            _NOTE,
            [split.request_id for split in splits],
            [split.moves for split in splits],
            [split.from_case for split in splits],
            [split.to_case for split in splits],
            [split.version for split in splits],
            [split.opened_by for split in splits],
        )

    async def of(self, request_ids: Sequence[str]) -> Sequence[RequestSplit]:
        """Return the splits that these requests left a case by, or that a case stands for since."""
        rows = await self._connection.fetch(_OF, request_ids)
        return [
            RequestSplit(
                str(row["request_id"]),
                str(row["from_case"]),
                str(row["to_case"]),
                row["version"],
                row["moves"],
                str(row["opened_by"]) if row["opened_by"] else None,
            )
            for row in rows
        ]

    async def apply(self, splits: Sequence[RequestSplit]) -> Sequence[TriageCase]:
        """Move requests that are decided, restate the cases they left, return their new cases."""
        named = {one for split in splits for one in (split.request_id, split.opened_by) if one}
        decided = await self._connection.fetch(_DECIDED, list(named))
        rows = {str(row["request_id"]): row for row in decided}
        in_order = sorted(splits, key=lambda split: split.moves)
        latest = {split.request_id: split for split in in_order}.values()
        await self._connection.execute(
            _MOVE,
            [split.request_id for split in latest],
            [split.to_case for split in latest],
            [split.moves for split in latest],
        )
        for split in splits:
            if split.opened_by in rows:
                opening = opening_row(report_of(rows[split.opened_by]))
                await self._connection.execute(_RESTATE, split.from_case, split.version, *opening)
        return [
            TriageCase(
                split.to_case,
                rows[split.request_id]["dedup_key"],
                report_of(rows[split.request_id]),
                split_from=split.from_case,
            )
            for split in splits
            if split.request_id in rows
        ]
