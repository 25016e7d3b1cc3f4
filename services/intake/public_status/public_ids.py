"""Public ids of requests from before there were any: each gets its own when it is first shown."""

from collections.abc import Collection
from secrets import randbelow

from services.intake.rules.public_id import public_id
from services.intake.rules.tracking_number import CAPACITY
from shared.runtime.postgres import Connection

# locked in the order of every other statement that writes several requests
_GIVE = """
    WITH nameless AS (
        SELECT request_id FROM requests
         WHERE request_id = ANY($1::uuid[]) AND public_id IS NULL
         ORDER BY request_id
           FOR NO KEY UPDATE)
    UPDATE requests SET public_id = new.public_id
      FROM nameless JOIN unnest($1::uuid[], $2::text[]) AS new (request_id, public_id)
                         USING (request_id)
     WHERE requests.request_id = nameless.request_id
"""


async def give_public_ids(db: Connection, request_ids: Collection[str]) -> None:
    """Give requests without a public id a random one. Idempotent."""
    ids = [public_id(randbelow(CAPACITY)) for _ in request_ids]
    await db.execute(_GIVE, list(request_ids), ids)
