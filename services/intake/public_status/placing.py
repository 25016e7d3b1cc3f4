"""Places that reporters stated after the request, in the public status and in the list near by."""

from collections.abc import Sequence
from typing import NamedTuple

from services.intake.rules.location import public_degrees
from shared.contract.events import Location
from shared.runtime.postgres import Connection, columns

_PLACE_REQUEST = """
    UPDATE requests SET address = $2, latitude = $3, longitude = $4
     WHERE request_id = $1 AND address IS NULL AND latitude IS NULL
    RETURNING true
"""
_PLACE_LISTED = "UPDATE listed_requests SET latitude = $2, longitude = $3 WHERE request_id = $1"
# the case may be known from its own events, or not yet
_PLACE_CASES = """
    INSERT INTO cases AS known (case_id, version, jurisdiction, dedup_group, service_code, status,
                                request_count, first_reported_at, latitude, longitude)
    SELECT new.case_id, 0, jurisdiction, new.dedup_group, service_code, 'open', 1, submitted_at,
           new.latitude, new.longitude
      FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::float8[], $5::float8[])
           AS new (case_id, request_id, dedup_group, latitude, longitude)
      JOIN requests USING (request_id)
     ORDER BY new.case_id
    ON CONFLICT (case_id) DO UPDATE
       SET first_reported_at = coalesce(known.first_reported_at, excluded.first_reported_at),
           latitude = excluded.latitude, longitude = excluded.longitude
     WHERE known.latitude IS NULL
"""


class PlacedCase(NamedTuple):
    """A case whose place became known by a note.

    Attributes:
        case_id: The case.
        request_id: The request that the note is about.
        dedup_group: Group of its kinds.
        latitude: Degrees north.
        longitude: Degrees east.
    """

    case_id: str
    request_id: str
    dedup_group: str
    latitude: float
    longitude: float


async def place_request(db: Connection, request_id: str, location: Location) -> bool:
    """Give a request without a place its own; return False where it has one.

    Args:
        db: A connection in intake's schema.
        request_id: The request.
        location: The location.
    """
    at = location.latitude, location.longitude
    public = map(public_degrees, at)
    if not await db.fetchval(_PLACE_REQUEST, request_id, location.address, *public):
        return False
    await db.execute(_PLACE_LISTED, request_id, *at)
    return True


async def place_cases(db: Connection, cases: Sequence[PlacedCase]) -> None:
    """Give cases without a place theirs, for the list of what is near by. Idempotent."""
    placed = {case.case_id: case for case in reversed(cases)}
    if placed:
        await db.execute(_PLACE_CASES, *columns(placed.values()))
