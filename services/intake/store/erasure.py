"""Erasure of contacts from the tables of intake, with a tombstone for each."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.intake.media.store import REQUEST_IS_OVER, erase_media
from shared.contract.topics import INTAKE_CONTACTS
from shared.runtime.outbox.housekeeping import remove_contacts
from shared.runtime.outbox.outbox import enqueue
from shared.runtime.outgoing import Outgoing
from shared.runtime.postgres import Connection
from shared.vocabulary import CLOSED_STATUSES

_MARK_SQL = """
    UPDATE requests SET contact = 'erased', phone_ref = NULL, phone_language = NULL
     WHERE request_id = ANY($1::uuid[])
"""
_ERASE_TEXTS_SQL = """
    UPDATE listed_requests SET description = '' WHERE request_id = ANY($1::uuid[])
"""
_ERASE_OWN_TEXTS_SQL = "UPDATE requests SET own_text = NULL WHERE request_id = ANY($1::uuid[])"
_ERASE_NOTES_SQL = "DELETE FROM note_texts WHERE request_id = ANY($1::uuid[])"
_ERASE_FINDINGS_SQL = "DELETE FROM reviewed_texts WHERE request_id = ANY($1::uuid[])"
_REUSED_SQL = """
    SELECT reused.identity, reused.fingerprint
      FROM submissions AS reused JOIN submissions AS accepted USING (identity)
     WHERE reused.body IS NOT NULL AND NOT reused.erased AND NOT reused.first AND accepted.first
       AND convert_from(accepted.receipt, 'UTF8')::json #>> '{data,request_id}' = ANY($1::text[])
"""
_ERASE_BODIES_SQL = """
    UPDATE submissions AS kept SET body = '', erased = true
      FROM unnest($1::bytea[], $2::bytea[]) AS given (identity, fingerprint)
     WHERE (kept.identity, kept.fingerprint) = (given.identity, given.fingerprint)
"""
_ERASE_SMS_PICTURES_SQL = """
    DELETE FROM sms_pictures USING requests
     WHERE requests.tracking_number = sms_pictures.tracking_number
       AND request_id = ANY($1::uuid[])
"""
_ERASE_DRAFTS_SQL = """
    DELETE FROM report_drafts USING requests
     WHERE requests.tracking_number = report_drafts.tracking_number
       AND request_id = ANY($1::uuid[])
"""
_TERM_SQL = f"""
    SELECT request_id::text, submitted_at, {REQUEST_IS_OVER} AS is_over
      FROM requests
     WHERE contact = 'given' AND submitted_at < $1
       AND (submitted_at, request_id) > ($3, $4::uuid)
     ORDER BY requests.submitted_at, requests.request_id
     LIMIT $5
"""  # noqa: S608 - constants only
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ERASED_SQL = """
    SELECT request_id::text FROM requests
     WHERE contact = 'erased' AND request_id = ANY($1::uuid[])
"""


@dataclass(frozen=True, slots=True)
class KeptContact:
    """A request whose contact is kept; it is over if it ended before the term."""

    request_id: str
    submitted_at: datetime
    is_over: bool


async def erase_contacts(db: Connection, request_ids: Collection[str]) -> int:
    """Erase contacts and pictures of requests; return the number in the outbox. Idempotent.

    The contacts leave the outbox, so that nothing publishes them again, and a tombstone for each
    follows all that was published before it.
    """
    deleted = await mark_erased(db, request_ids)
    tombstones = [
        Outgoing(f"{request_id} erased", INTAKE_CONTACTS.name, request_id.encode(), None)
        for request_id in sorted(request_ids)
    ]
    await enqueue(db, tombstones)
    return deleted


async def mark_erased(db: Connection, request_ids: Collection[str]) -> int:
    """Erase contacts that have a tombstone already; return the number in the outbox.

    After a restore of an older database the topic knows erasures that the tables do not.
    """
    ids = sorted(request_ids)
    await db.execute(_MARK_SQL, ids)
    await erase_media(db, ids)
    await db.execute(_ERASE_SMS_PICTURES_SQL, ids)
    await db.execute(_ERASE_DRAFTS_SQL, ids)
    return await remove_contacts(db, ids)


async def erase_requests(db: Connection, request_ids: Collection[str]) -> None:
    """Erase contacts, words and pictures of requests, and reuses of their ids. Idempotent."""
    await erase_contacts(db, request_ids)
    await erase_texts(db, request_ids)
    await erase_bodies(db, await reused_submissions(db, request_ids))


async def erased_among(db: Connection, keys: Sequence[str]) -> Collection[str]:
    """Return those of some keys of ``intake-contacts`` that are requests without their contact."""
    ids = [key for key in keys if _UUID.fullmatch(key)]
    return [row["request_id"] for row in await db.fetch(_ERASED_SQL, ids)]


async def erase_texts(db: Connection, request_ids: Collection[str]) -> None:
    """Erase the reporters' words from requests, their lists and what operators review."""
    for statement in (
        _ERASE_TEXTS_SQL,
        _ERASE_OWN_TEXTS_SQL,
        _ERASE_NOTES_SQL,
        _ERASE_FINDINGS_SQL,
    ):
        await db.execute(statement, sorted(request_ids))


async def reused_submissions(
    db: Connection, request_ids: Collection[str]
) -> Sequence[tuple[bytes, bytes]]:
    """Return the keys of rejected submissions under the ids of these requests' submissions."""
    rows = await db.fetch(_REUSED_SQL, list(request_ids))
    return [(row["identity"], row["fingerprint"]) for row in rows]


async def erase_bodies(db: Connection, keys: Collection[tuple[bytes, bytes]]) -> None:
    """Erase the bytes of rejected submissions; their receipts stay, for repeats."""
    await db.execute(_ERASE_BODIES_SQL, [i for i, _ in keys], [f for _, f in keys])


async def kept_contacts(
    db: Connection, over_before: datetime, after: tuple[datetime, str], limit: int
) -> Sequence[KeptContact]:
    """Return requests with a contact, in order of submission, after a time and id.

    Args:
        over_before: Cases that closed before this moment are over; later requests are left out.
    """
    closed = sorted(CLOSED_STATUSES)
    rows = await db.fetch(_TERM_SQL, over_before, closed, *after, limit)
    return [KeptContact(**dict(row)) for row in rows]
