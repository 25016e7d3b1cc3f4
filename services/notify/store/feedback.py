"""Questions whether a problem is fixed, and their answers, in PostgreSQL."""

from datetime import datetime
from typing import Literal, NamedTuple

from services.notify.records import LinkedMessage
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
    SELECT d.notification_id::text, d.person, r.jurisdiction, r.tracking_number, r.service_code,
           d.language, d.due_at, d.about::text, d.request_id::text, {SEALED_COLUMNS}
      FROM deliveries AS d JOIN requests AS r USING (request_id) {JOIN_KEY}
     WHERE d.notification_id = $1 AND d.template = ANY($2::text[])
"""  # noqa: S608 - constants only
# Times that a person may change their answer by one link; each answer is a note on the case.
MAX_ANSWERS = 10
_SAVE_SQL = """
    INSERT INTO feedback (notification_id, digest, answered_at) VALUES ($1, $2, $3)
    ON CONFLICT (notification_id) DO UPDATE
       SET digest = excluded.digest, answered_at = excluded.answered_at,
           answers = feedback.answers + 1
     WHERE feedback.digest <> excluded.digest AND feedback.answers < $4
    RETURNING true
"""
_IS_SAVED_SQL = "SELECT digest = $2 FROM feedback WHERE notification_id = $1"


class FixedQuestion(NamedTuple):
    """A message that asked whether a problem is fixed.

    Attributes:
        request_id: The request of the recipient.
        contact: The recipient's contact; empty when it is erased or cannot be read.
    """

    message: LinkedMessage
    case_id: str
    request_id: str
    contact: StoredContact


async def find_question(
    db: Connection, notification_id: str, sealer: Sealer
) -> FixedQuestion | None:
    """Return the question of a message; None for a message without one."""
    row = await db.fetchrow(_FIND_SQL, notification_id, sorted(ASKS_IF_FIXED))
    if row is None:
        return None
    message = LinkedMessage(*row[:7])
    return FixedQuestion(message, row["about"], row["request_id"], open_if_readable(row, sealer))


async def save_answer(
    db: Connection, notification_id: str, digest: bytes, now: datetime
) -> Literal["new", "repeated", "refused"]:
    """Save the answer to a message inside a transaction; beyond ``MAX_ANSWERS`` it is refused."""
    if await db.fetchval(_SAVE_SQL, notification_id, digest, now, MAX_ANSWERS):
        return "new"
    return "repeated" if await db.fetchval(_IS_SAVED_SQL, notification_id, digest) else "refused"
