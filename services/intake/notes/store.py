"""Notes in PostgreSQL: the id of each, by its idempotency key."""

from typing import NamedTuple

from services.intake.notes.parsing import RequestReference
from services.intake.rules.idempotency import SubmissionKey
from shared.runtime.postgres import Connection

_REQUEST = """
    SELECT request_id::text, tracking_number, jurisdiction, service_code, reporter_ref
      FROM requests
     WHERE tracking_number = $1
"""
_ADD = """
    INSERT INTO notes (identity, fingerprint, note_id) VALUES ($1, $2, $3)
    ON CONFLICT (identity) DO NOTHING
    RETURNING note_id
"""
_STORED = "SELECT note_id::text, fingerprint FROM notes WHERE identity = $1"


class StoredNote(NamedTuple):
    """A note under its idempotency key.

    Attributes:
        note_id: Id of the note that was stored first.
        is_new: True when this call stored it.
        is_same: False when the key was used for other data before.
    """

    note_id: str
    is_new: bool
    is_same: bool = True


async def find_request(connection: Connection, tracking_number: str) -> RequestReference | None:
    """Return the request with this number, or None."""
    row = await connection.fetchrow(_REQUEST, tracking_number)
    return RequestReference(*row) if row else None


async def add_note(connection: Connection, key: SubmissionKey, note_id: str) -> StoredNote:
    """Store a note's id under its key, and return what is stored there; a repeat waits for it.

    Args:
        connection: A connection in a transaction.
        key: Identity of the note and hash of its data.
        note_id: Its id if it is new.
    """
    identity, fingerprint = key
    if await connection.fetchrow(_ADD, identity, fingerprint, note_id):
        return StoredNote(note_id, is_new=True)
    row = await connection.fetchrow(_STORED, identity)
    if row is None:
        raise LookupError("notes are never deleted")
    return StoredNote(row["note_id"], is_new=False, is_same=row["fingerprint"] == fingerprint)
