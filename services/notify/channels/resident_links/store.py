"""Questions whether a problem is fixed, and their answers, in PostgreSQL."""

from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias

from services.notify.rules.model import ASKS_IF_FIXED
from services.notify.store.sealed_contacts import (
    JOIN_KEY,
    SEALED_COLUMNS,
    StoredContact,
    open_if_readable,
)
from shared.runtime.postgres import Connection
from shared.runtime.sealing import Sealer

_FIND_SQL = f"""
    SELECT d.about::text, d.request_id::text, d.language, r.jurisdiction, r.tracking_number,
           r.service_code, d.due_at, {SEALED_COLUMNS}
      FROM deliveries AS d JOIN requests AS r USING (request_id) {JOIN_KEY}
     WHERE d.notification_id = $1 AND d.template = ANY($2::text[])
"""  # noqa: S608 - constants only
MAX_ANSWERS = 10
"""Times that a person may change their mind by one link; each answer is a note on the case."""
_SAVE_SQL = """
    INSERT INTO feedback (notification_id, digest, answered_at) VALUES ($1, $2, $3)
    ON CONFLICT (notification_id) DO UPDATE
       SET digest = excluded.digest, answered_at = excluded.answered_at,
           answers = feedback.answers + 1
     WHERE feedback.digest <> excluded.digest AND feedback.answers < $4
    RETURNING true
"""
_IS_SAVED_SQL = "SELECT digest = $2 FROM feedback WHERE notification_id = $1"

SavedAnswer: TypeAlias = Literal["new", "repeated", "refused"]
"""What became of an answer: it counts, it is the saved one, or there were too many."""


class FixedQuestion(NamedTuple):
    """A message that asked whether a problem is fixed.

    Attributes:
        request_id: The request of the person who was asked.
        language: BCP 47 tag of the message.
        asked_at: When the message became due.
        contact: The person's contact; nothing of one that is erased or cannot be read.
    """

    case_id: str
    request_id: str
    language: str
    jurisdiction: str
    tracking_number: str
    service_code: str
    asked_at: datetime
    contact: StoredContact


async def find_question(
    db: Connection, notification_id: str, sealer: Sealer
) -> FixedQuestion | None:
    """Return the question of a message; None for a message without one.

    Args:
        sealer: Ours, which wraps the keys of people.
    """
    row = await db.fetchrow(_FIND_SQL, notification_id, sorted(ASKS_IF_FIXED))
    if row is None:
        return None
    return FixedQuestion(
        case_id=row["about"],
        request_id=row["request_id"],
        language=row["language"],
        jurisdiction=row["jurisdiction"],
        tracking_number=row["tracking_number"],
        service_code=row["service_code"],
        asked_at=row["due_at"],
        contact=open_if_readable(row, sealer),
    )


async def save_answer(
    db: Connection, notification_id: str, digest: bytes, now: datetime
) -> SavedAnswer:
    """Save the answer to a message.

    Args:
        db: A connection in a transaction.
        digest: Hash of the answer.
    """
    if await db.fetchval(_SAVE_SQL, notification_id, digest, now, MAX_ANSWERS):
        return "new"
    return "repeated" if await db.fetchval(_IS_SAVED_SQL, notification_id, digest) else "refused"
