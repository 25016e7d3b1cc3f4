"""Notes in PostgreSQL by idempotency key, their quotas, and the requests that they are about."""

from typing import NamedTuple

from services.intake.identifiers import SubmissionKey
from services.intake.records.notes import AskedRequest, RequestReference
from shared.contract.events import Note
from shared.runtime.postgres import Connection

_DONE = """
    SELECT request_id::text, requests.case_id::text, tracking_number, service_code,
           last.taken_at
      FROM requests
      JOIN LATERAL (SELECT status, taken_at FROM case_steps
                     WHERE case_steps.case_id = requests.case_id
                     ORDER BY version DESC
                     LIMIT 1) AS last ON last.status = 'completed'
     WHERE request_id = $1
"""


async def finished(db: Connection, request_id: str) -> AskedRequest | None:
    """Return a request whose case is completed at present; None for any other."""
    row = await db.fetchrow(_DONE, request_id)
    return AskedRequest(*row) if row else None


_REQUEST = """
    SELECT request_id::text, tracking_number, jurisdiction, service_code, reporter_ref,
           phone_ref
      FROM requests
     WHERE tracking_number = $1
"""
_ADD = """
    INSERT INTO notes (identity, fingerprint, note_id, quota) VALUES ($1, $2, $3, $4)
    ON CONFLICT (identity) DO NOTHING
    RETURNING note_id
"""
_LOCK_QUOTA = """
    SELECT pg_advisory_xact_lock(hashtext('notes ' || current_schema()), hashtext($1))
"""
_USED = "SELECT count(*) FROM notes WHERE quota = $1 AND added_at > now() - interval '1 day'"
_STORED = "SELECT note_id::text, fingerprint FROM notes WHERE identity = $1"


_ADD_TEXT = "INSERT INTO note_texts VALUES ($1, $2, $3, $4, $5)"


async def add_text(db: Connection, note: Note) -> None:
    """Keep the words of a note, for the holder of the tracking number."""
    by_reporter = note.by == "reporter"
    await db.execute(_ADD_TEXT, note.note_id, note.request_id, note.text, by_reporter, note.at)


class StoredNote(NamedTuple):
    """A note under its idempotency key: first stored now, or the same as before, or other data."""

    note_id: str
    is_new: bool
    is_same: bool = True


async def find_request(connection: Connection, tracking_number: str) -> RequestReference | None:
    """Return the request with this number, or None."""
    row = await connection.fetchrow(_REQUEST, tracking_number)
    return RequestReference(*row) if row else None


async def has_quota(connection: Connection, quota: str, limit: int) -> bool:
    """Return True when a quota has fewer notes within 24 hours; lock it to the end."""
    await connection.execute(_LOCK_QUOTA, quota)
    return int(await connection.fetchval(_USED, quota)) < limit


async def store_note(
    connection: Connection, key: SubmissionKey, note_id: str, quota: str | None
) -> StoredNote:
    """Store a note's id under its key, and return what is stored there; a repeat waits for it."""
    identity, fingerprint = key
    if await connection.fetchrow(_ADD, identity, fingerprint, note_id, quota):
        return StoredNote(note_id, is_new=True)
    row = await connection.fetchrow(_STORED, identity)
    if row is None:
        raise LookupError("notes are never deleted")
    return StoredNote(row["note_id"], is_new=False, is_same=row["fingerprint"] == fingerprint)
