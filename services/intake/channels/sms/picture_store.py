"""Pictures of text messages that wait to be fetched, in PostgreSQL."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from services.intake.channels.sms.rules.pictures import retry_after
from services.intake.channels.sms.store import Correspondent
from shared.runtime.postgres import Connection

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
