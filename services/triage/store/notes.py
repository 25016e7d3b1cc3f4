"""Notes in triage's tables: those that wait for a decision, and those that were read."""

from collections import defaultdict
from collections.abc import Collection, Sequence

from services.triage.decisions.assessment import StatedParts
from services.triage.decisions.reassessment import NotedRequest, Reassessed
from shared.contract.events import NoteAdded, encode
from shared.runtime.postgres import Connection, columns

_ADD_SQL = """
    INSERT INTO notes (note_id, request_id, event)
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::bytea[])
    ON CONFLICT (note_id) DO NOTHING
"""
_READY_SQL = """
    SELECT request_id::text, case_id::text, service_code, stated, score, emergency
      FROM decisions
     WHERE request_id IN (SELECT request_id FROM notes
                           WHERE request_id = ANY($1::uuid[]) AND NOT is_passed_on)
     ORDER BY request_id
"""
_NOTES_SQL = """
    SELECT request_id::text, event, is_passed_on
      FROM notes
     WHERE request_id = ANY($1::uuid[])
     ORDER BY note_id
"""
_MARK_SQL = """
    UPDATE notes SET is_passed_on = true WHERE request_id = ANY($1::uuid[]) AND NOT is_passed_on
"""
_REASSESS_SQL = """
    UPDATE decisions
       SET score = greatest(decisions.score, changed.score), emergency = changed.emergency
      FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS changed (request_id, score, emergency)
     WHERE decisions.request_id = changed.request_id
"""


class PostgresNotes:
    """Stores notes permanently; a note is passed on once, as soon as its request has a decision."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def add(self, notes: Sequence[NoteAdded]) -> None:
        """Store notes; a stored one stays as it is."""
        rows = [(note.data.note_id, note.data.request_id, encode(note)) for note in notes]
        await self._connection.execute(_ADD_SQL, *columns(rows))

    async def take_ready(self, request_ids: Collection[str]) -> Sequence[NotedRequest]:
        """Return the decided requests with waiting notes, and mark these notes as passed on."""
        requests = await self._connection.fetch(_READY_SQL, list(request_ids))
        if not requests:
            return ()
        ids = [row["request_id"] for row in requests]
        notes: dict[tuple[str, bool], list[NoteAdded]] = defaultdict(list)
        for row in await self._connection.fetch(_NOTES_SQL, ids):
            note = NoteAdded.model_validate_json(row["event"])
            notes[row["request_id"], row["is_passed_on"]].append(note)
        await self._connection.execute(_MARK_SQL, ids)
        return [
            NotedRequest(
                row["request_id"],
                row["case_id"],
                row["service_code"],
                StatedParts.model_validate_json(row["stated"] or "{}"),
                row["score"] or 0,
                row["emergency"],
                notes[row["request_id"], True],
                notes[row["request_id"], False],
            )
            for row in requests
        ]

    async def record(self, reassessed: Sequence[Reassessed]) -> None:
        """Store the priorities and dangers that later notes are compared with."""
        rows = [
            (
                one.request.request_id,
                one.assessment.priority.score,
                found.code if (found := one.assessment.emergency) else one.request.emergency,
            )
            for one in reassessed
        ]
        await self._connection.execute(_REASSESS_SQL, *columns(rows))
