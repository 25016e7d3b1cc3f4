"""Pictures of the work in PostgreSQL: the changes of cases that show them."""

from collections.abc import Iterable

from services.intake.public_status.model import WorkPictures
from shared.runtime.postgres import Connection, columns

# Only the first change that shows a picture publishes it: an operator may withhold it afterwards.
_SAVE = """
    WITH new AS (
        SELECT DISTINCT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[])
               AS new (case_id, version, media_id, publisher)),
    attached AS (
        INSERT INTO case_media (case_id, version, media_id)
        SELECT new.case_id, new.version, media.media_id
          FROM new JOIN media ON media.media_id = new.media_id::uuid
        ON CONFLICT DO NOTHING
        RETURNING case_id, version, media_id)
    UPDATE media
       SET attached = true,
           released_by = CASE WHEN released_by IS NULL AND uploaded_by = 'bureau:' || new.publisher
                                   AND NOT media.attached AND erased_at IS NULL
                              THEN 'bureau:' || new.publisher ELSE released_by END
      FROM attached JOIN new ON new.case_id = attached.case_id AND new.version = attached.version
                            AND new.media_id::uuid = attached.media_id
     WHERE media.media_id = attached.media_id
"""


async def save_pictures(db: Connection, pictures: Iterable[WorkPictures]) -> None:
    """Attach pictures of the work to changes of cases; unknown ids are left out. Idempotent."""
    rows = [
        (one.case_id, one.version, media_id, one.publisher)
        for one in pictures
        for media_id in one.media_ids
    ]
    if rows:
        await db.execute(_SAVE, *columns(rows))
