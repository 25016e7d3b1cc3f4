"""Pictures in PostgreSQL: the facts of each, and the requests and cases that it belongs to."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from services.intake.pictures import ReencodedPicture
from services.intake.records.submissions import KeptMedia
from shared.runtime.postgres import Connection, row_count
from shared.vocabulary import CLOSED_STATUSES

_ADD = """
    INSERT INTO media (media_id, uploaded_by, uploaded_at, media_type, width, height, bytes)
    VALUES ($1::text::uuid, $2, now(), $3, $4, $5, $6)
    ON CONFLICT DO NOTHING
"""
_FIND = """
    SELECT media_type, erased_at IS NOT NULL AS erased, withheld
      FROM media WHERE media_id = $1::text::uuid
"""
_RELEASE = """
    UPDATE media
       SET released_by = $2, withheld = $2::text IS NULL AND (withheld OR released_by IS NOT NULL)
     WHERE media_id = $1::text::uuid AND erased_at IS NULL
"""
_ATTACH = """
    WITH attached AS (
        INSERT INTO request_media (request_id, media_id)
        SELECT new.request_id, media.media_id
          FROM unnest($1::uuid[], $2::text[]) AS new (request_id, media_id)
          JOIN media ON media.media_id = new.media_id::uuid
        ON CONFLICT DO NOTHING
        RETURNING media_id)
    UPDATE media SET attached = true FROM attached WHERE attached.media_id = media.media_id
"""
_ERASE = """
    UPDATE media SET erased_at = now(), released_by = NULL
      FROM request_media
     WHERE request_media.media_id = media.media_id AND request_id = ANY($1::uuid[])
       AND erased_at IS NULL
"""
_ERASE_UNUSED = """
    UPDATE media SET erased_at = now(), released_by = NULL
     WHERE erased_at IS NULL AND NOT attached AND uploaded_at < $1
"""
_ERASE_SURPLUS = """
    UPDATE media SET erased_at = now(), released_by = NULL
     WHERE erased_at IS NULL AND NOT attached AND uploaded_by = $1
       AND uploaded_at <= (SELECT uploaded_at FROM media
                            WHERE erased_at IS NULL AND NOT attached AND uploaded_by = $1
                            ORDER BY uploaded_at DESC OFFSET $2 LIMIT 1)
"""
# Condition on ``requests``: closed before ``$1``, with the closed statuses as ``$2``.
#
# A request without a case ends with its decision, any other with the closing of its case.
REQUEST_IS_OVER = """
    coalesce(CASE WHEN case_id IS NULL THEN decided_at < $1
                  ELSE (SELECT step.status = ANY($2::text[]) AND step.taken_at < $1
                          FROM case_steps AS step
                         WHERE step.case_id = requests.case_id
                         ORDER BY version DESC LIMIT 1) END, false)
"""
_ERASE_OVER = f"""
    UPDATE media SET erased_at = now(), released_by = NULL
     WHERE erased_at IS NULL AND attached AND uploaded_at < $1
       AND NOT EXISTS (
           SELECT FROM request_media AS shown JOIN requests USING (request_id)
            WHERE shown.media_id = media.media_id AND NOT {REQUEST_IS_OVER})
       AND NOT EXISTS (
           SELECT FROM case_media AS shown
            WHERE shown.media_id = media.media_id
              AND NOT coalesce((SELECT step.status = ANY($2::text[]) AND step.taken_at < $1
                                  FROM case_steps AS step
                                 WHERE step.case_id = shown.case_id
                                 ORDER BY version DESC LIMIT 1), false))
"""  # noqa: S608 - constants only
_TO_DELETE = """
    SELECT replace(media_id::text, '-', '') AS media_id FROM media
     WHERE erased_at IS NOT NULL AND NOT deleted
     ORDER BY erased_at LIMIT $1
"""
_DELETED = "UPDATE media SET deleted = true WHERE media_id = ANY($1::text[]::uuid[])"
_KNOWN = """
    SELECT replace(media_id::text, '-', '') AS media_id FROM media
     WHERE media_id = ANY($1::text[]::uuid[]) AND NOT deleted
"""


async def add_media(
    db: Connection, media_id: str, uploaded_by: str, picture: ReencodedPicture
) -> None:
    """Add a picture whose bytes are stored; idempotent."""
    size = (picture.width, picture.height, len(picture.content))
    await db.execute(_ADD, media_id, uploaded_by, picture.media_type, *size)


async def find_media(db: Connection, media_id: str) -> KeptMedia | None:
    """Return a picture; None for an unknown id."""
    row = await db.fetchrow(_FIND, media_id)
    return KeptMedia(**dict(row)) if row else None


async def set_released(db: Connection, media_id: str, released_by: str | None) -> None:
    """Release a picture to the public, or withhold it; an erased one stays as it is."""
    await db.execute(_RELEASE, media_id, released_by)


async def attach_media(db: Connection, media_of: Mapping[str, Collection[str]]) -> None:
    """Attach pictures to the requests that show them; unknown ids are left out."""
    pairs = [(request_id, id_) for request_id, ids in media_of.items() for id_ in ids]
    if pairs:
        await db.execute(_ATTACH, [pair[0] for pair in pairs], [pair[1] for pair in pairs])


async def erase_media(db: Connection, request_ids: Collection[str]) -> None:
    """Erase the pictures of requests: from now on they are 410, and their files go soon."""
    await db.execute(_ERASE, sorted(request_ids))


async def erase_expired(db: Connection, unused_before: datetime, over_before: datetime) -> int:
    """Erase pictures unused since a time, and those of cases closed before one; return how many."""
    unused = await db.execute(_ERASE_UNUSED, unused_before)
    over = await db.execute(_ERASE_OVER, over_before, sorted(CLOSED_STATUSES))
    return row_count(unused) + row_count(over)


async def erase_surplus(db: Connection, uploaded_by: str, limit: int) -> int:
    """Erase the oldest pictures that no request shows; return how many."""
    return row_count(await db.execute(_ERASE_SURPLUS, uploaded_by, limit))


async def media_to_delete(db: Connection, limit: int) -> Sequence[str]:
    """Return ids of erased pictures whose files are to be deleted."""
    return [row["media_id"] for row in await db.fetch(_TO_DELETE, limit)]


async def mark_deleted(db: Connection, media_ids: Collection[str]) -> None:
    """Note that the files of erased pictures are gone."""
    await db.execute(_DELETED, list(media_ids))


async def unknown_media(db: Connection, media_ids: Collection[str]) -> Collection[str]:
    """Return those of the ids whose files belong to no picture."""
    rows = await db.fetch(_KNOWN, list(media_ids))
    return set(media_ids) - {row["media_id"] for row in rows}
