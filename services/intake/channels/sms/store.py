"""Conversations, answers and waiting pictures in PostgreSQL."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from asyncpg import Record
from pydantic import TypeAdapter

from services.intake.channels.conversations.waiting import number_place, open_if_readable
from services.intake.channels.sms.rules.conversation import Conversation
from services.intake.channels.sms.rules.pictures import retry_after
from services.intake.records.notes import AskedRequest
from shared.runtime.postgres import Connection, Pool, translate_errors
from shared.runtime.sealing import Sealer

_LOCK = """
    INSERT INTO sms_conversations (person, jurisdiction, state, updated_at, is_silent)
    VALUES ($1, $2, $3, $4, false)
    ON CONFLICT (person, jurisdiction) DO UPDATE SET updated_at = excluded.updated_at
    RETURNING state
"""
_DUE = """
    SELECT person, jurisdiction, number, state
      FROM sms_conversations
     WHERE due_at <= $1 AND jurisdiction = ANY($2::text[])
     ORDER BY due_at
     LIMIT 1
"""
_LOCK_DUE = f"{_DUE} FOR UPDATE SKIP LOCKED"
_STATE_OF = "SELECT state FROM sms_conversations WHERE person = $1 AND jurisdiction = $2"
_SAVE = """
    UPDATE sms_conversations
       SET number = $3, state = $4, due_at = $5, updated_at = $6, is_silent = $7
     WHERE person = $1 AND jurisdiction = $2
"""
_ANSWER = "SELECT answer FROM sms_answers WHERE identity = $1"
_ADD_ANSWER = "INSERT INTO sms_answers (identity, answer, answered_at) VALUES ($1, $2, $3)"
_DELETE_ANSWERS = "DELETE FROM sms_answers WHERE answered_at < $1"
_DELETE_CONVERSATIONS = """
    DELETE FROM sms_conversations WHERE due_at IS NULL AND NOT is_silent AND updated_at < $1
"""
_STATE = TypeAdapter(Conversation)


class Correspondent(NamedTuple):
    """A person at one city's number: keyed hash, and E.164 number if it can be read."""

    person: str
    jurisdiction: str
    number: str | None


async def lock_conversation(db: Connection, who: Correspondent, now: datetime) -> Conversation:
    """Return the conversation with a person, locked until the transaction ends."""
    state = await db.fetchval(_LOCK, who.person, who.jurisdiction, _dump(Conversation()), now)
    return _STATE.validate_json(state)


async def find_conversation(pool: Pool, who: Correspondent) -> Conversation:
    """Return the conversation with a person as it is now; a new one for a stranger."""
    with translate_errors():
        state = await pool.fetchval(_STATE_OF, who.person, who.jurisdiction)
    return _STATE.validate_json(state) if state else Conversation()


async def find_due(
    pool: Pool, now: datetime, jurisdictions: Collection[str], sealer: Sealer
) -> tuple[Correspondent, Conversation] | None:
    """Return the conversation that is due the longest as it is now; None when none is."""
    with translate_errors():
        return _due(await pool.fetchrow(_DUE, now, list(jurisdictions)), sealer)


async def lock_due(
    db: Connection, now: datetime, jurisdictions: Collection[str], sealer: Sealer
) -> tuple[Correspondent, Conversation] | None:
    """Return the conversation that is due the longest, locked; None when none is."""
    return _due(await db.fetchrow(_LOCK_DUE, now, list(jurisdictions)), sealer)


async def save_conversation(
    db: Connection, who: Correspondent, conversation: Conversation, now: datetime, sealer: Sealer
) -> None:
    """Save a locked conversation; the number stays only while a report waits."""
    draft = conversation.draft
    place = number_place(who.person, who.jurisdiction)
    await db.execute(
        _SAVE,
        who.person,
        who.jurisdiction,
        sealer.seal(who.number, place) if draft else None,
        _dump(conversation),
        draft.due_at if draft else None,
        now,
        conversation.is_silent,
    )


async def find_answer(db: Connection, identity: bytes) -> tuple[str | None] | None:
    """Return the answer that a text got, which may be none; None for a new text."""
    row = await db.fetchrow(_ANSWER, identity)
    return (row["answer"],) if row else None


async def add_answer(db: Connection, identity: bytes, answer: str | None, now: datetime) -> None:
    """Store the answer that a text gets."""
    await db.execute(_ADD_ANSWER, identity, answer, now)


async def delete_old(db: Connection, before: datetime) -> None:
    """Delete answers and conversations from before a moment, except of silent people."""
    await db.execute(_DELETE_ANSWERS, before)
    await db.execute(_DELETE_CONVERSATIONS, before)


def _due(row: Record | None, sealer: Sealer) -> tuple[Correspondent, Conversation] | None:
    if row is None:
        return None
    place = number_place(row["person"], row["jurisdiction"])
    number = open_if_readable(sealer, row["number"], place)
    who = Correspondent(row["person"], row["jurisdiction"], number)
    return who, _STATE.validate_json(row["state"])


def _dump(conversation: Conversation) -> str:
    return _STATE.dump_json(conversation).decode()


_ADD = """
    INSERT INTO sms_pictures (identity, position, url, person, jurisdiction, tracking_number,
                              by_reporter, language, received_at, fetch_at)
    SELECT $1, position, url, $3, $4, $5, $6, $7, $8, $8
      FROM unnest($2::text[]) WITH ORDINALITY AS given (url, position)
     WHERE position <= $9 - (SELECT count(*) FROM sms_pictures WHERE person = $3)
"""
_ASSIGN = """
    UPDATE sms_pictures SET tracking_number = $3
     WHERE person = $1 AND jurisdiction = $2 AND tracking_number IS NULL
"""
_NEXT = """
    SELECT identity, position, url, tracking_number, by_reporter, language, tries
      FROM sms_pictures
     WHERE tracking_number IS NOT NULL AND fetch_at <= $1 AND jurisdiction = ANY($2::text[])
     ORDER BY fetch_at
     LIMIT 1
       FOR UPDATE SKIP LOCKED
"""
_CLAIM = """
    UPDATE sms_pictures SET tries = $3, fetch_at = $4 WHERE (identity, position) = ($1, $2)
"""
_REMOVE = "DELETE FROM sms_pictures WHERE (identity, position) = ($1, $2) RETURNING true"
# Pictures of one person: three messages. They are fetched one after the other, in order.
_MAX_WAITING = 30
_DELETE_OLD = "DELETE FROM sms_pictures WHERE received_at < $1"


class WaitingPicture(NamedTuple):
    """A picture that waits to be fetched; positions and tries count from 1."""

    identity: bytes
    position: int
    url: str
    number: str
    by_reporter: bool
    language: str | None
    tries: int


class PicturesOf(NamedTuple):
    """The pictures of a text, in order; without a number they wait with the report."""

    urls: Sequence[str]
    number: str | None
    by_reporter: bool
    language: str | None


async def add_pictures(
    db: Connection, identity: bytes, who: Correspondent, pictures: PicturesOf, now: datetime
) -> None:
    """Add the pictures of a text, due at once; a person has at most 30 waiting."""
    await db.execute(
        _ADD,
        identity,
        list(pictures.urls),
        who.person,
        who.jurisdiction,
        pictures.number,
        pictures.by_reporter,
        pictures.language,
        now,
        _MAX_WAITING,
    )


async def assign_pictures(db: Connection, who: Correspondent, number: str) -> None:
    """Give the pictures of a report that waited to the request that it became."""
    await db.execute(_ASSIGN, who.person, who.jurisdiction, number)


async def claim_picture(
    db: Connection, now: datetime, jurisdictions: Sequence[str]
) -> WaitingPicture | None:
    """Return the picture that is due the longest, and schedule its next try."""
    row = await db.fetchrow(_NEXT, now, list(jurisdictions))
    if row is None:
        return None
    waiting = WaitingPicture(*row)
    tries = waiting.tries + 1
    await db.execute(_CLAIM, waiting.identity, waiting.position, tries, now + retry_after(tries))
    return waiting._replace(tries=tries)


async def remove_picture(db: Connection, picture: WaitingPicture) -> bool:
    """Remove a picture that needs no more try; return False when it was gone, such as erased."""
    return bool(await db.fetchval(_REMOVE, picture.identity, picture.position))


async def delete_old_pictures(db: Connection, before: datetime) -> None:
    """Delete pictures that came before a moment and belong to no request."""
    await db.execute(_DELETE_OLD, before)


_ERASE_PICTURES_OF_DRAFTS = """
    DELETE FROM sms_pictures AS waiting
     USING unnest($1::text[], $2::text[]) AS given (person, jurisdiction)
     WHERE (waiting.person, waiting.jurisdiction) = (given.person, given.jurisdiction)
       AND tracking_number IS NULL
"""
_ERASE_DRAFTS = """
    UPDATE sms_conversations AS known
       SET number = NULL, due_at = NULL, state = jsonb_set(state, '{draft}', 'null')
      FROM unnest($1::text[], $2::text[]) AS given (person, jurisdiction)
     WHERE (known.person, known.jurisdiction) = (given.person, given.jurisdiction)
"""


async def erase_drafts(db: Connection, drafts: Collection[tuple[str, str]]) -> None:
    """Erase reports by text message that wait for an answer; consents stay."""
    given = [p for p, _ in drafts], [city for _, city in drafts]
    await db.execute(_ERASE_DRAFTS, *given)
    await db.execute(_ERASE_PICTURES_OF_DRAFTS, *given)


# Time after the end of the work in which a text that is YES or NO is about it.
_FEEDBACK_WITHIN = timedelta(days=30)
_LAST_DONE = """
    SELECT request_id::text, case_id::text, tracking_number, service_code, taken_at
      FROM requests JOIN case_steps USING (case_id)
     WHERE phone_ref = $1 AND jurisdiction = $2 AND status = 'completed' AND taken_at >= $3
     ORDER BY taken_at DESC, submitted_at
     LIMIT 1
"""


_QUESTION = """
    SELECT request_id::text, requests.case_id::text, tracking_number, service_code, last.taken_at
      FROM requests
      JOIN LATERAL (SELECT status, taken_at FROM case_steps
                     WHERE case_steps.case_id = requests.case_id
                     ORDER BY version DESC
                     LIMIT 1) AS last ON last.status = 'waiting_for_resident'
     WHERE phone_ref = $1 AND jurisdiction = $2
     ORDER BY last.taken_at DESC, submitted_at
     LIMIT 1
"""


_LANGUAGE = """
    SELECT phone_language FROM requests
     WHERE phone_ref = $1 AND jurisdiction = $2 AND phone_language IS NOT NULL
     ORDER BY submitted_at DESC
     LIMIT 1
"""


async def contact_language(db: Connection, who: Correspondent) -> str | None:
    """Return the language that a person last named for texts, a BCP 47 tag; None without one."""
    language: str | None = await db.fetchval(_LANGUAGE, who.person, who.jurisdiction)
    return language


async def open_question(db: Connection, who: Correspondent) -> AskedRequest | None:
    """Return the request about which a team last asked a person, if it still waits."""
    row = await db.fetchrow(_QUESTION, who.person, who.jurisdiction)
    return AskedRequest(*row) if row else None


async def last_finished(db: Connection, who: Correspondent, now: datetime) -> AskedRequest | None:
    """Return the request that a person was last asked about by text; None without one.

    It stays that one when its case was reopened since: a second NO is about the same work.
    """
    row = await db.fetchrow(_LAST_DONE, who.person, who.jurisdiction, now - _FEEDBACK_WITHIN)
    return AskedRequest(*row) if row else None
