"""Places that reporters stated after the decision: in decisions and the cases that they opened."""

from collections.abc import Iterator, Sequence

from services.triage.records import PlacedRequest
from services.triage.rules.dedup.model import TriageCase
from services.triage.store.rows import report_from_row
from shared.runtime.postgres import Connection, columns

_PLACE_DECISIONS_SQL = """
    UPDATE decisions
       SET latitude = placed.latitude, longitude = placed.longitude,
           address_key = placed.address_key, off_m = placed.off_m
      FROM unnest($1::uuid[], $2::float8[], $3::float8[], $4::text[], $5::float8[])
           AS placed (request_id, latitude, longitude, address_key, off_m)
     WHERE decisions.request_id = placed.request_id
       AND decisions.latitude IS NULL AND decisions.address_key IS NULL
    RETURNING decisions.*, observed_at AS opened_at
"""
_PLACE_CASES_SQL = """
    UPDATE cases
       SET latitude = placed.latitude, longitude = placed.longitude,
           address_key = placed.address_key, off_m = placed.off_m
      FROM decisions AS placed
     WHERE placed.request_id = ANY($1::uuid[])
       AND cases.case_id = placed.case_id AND cases.request_id = placed.request_id
"""


async def record_places(db: Connection, placed: Sequence[PlacedRequest]) -> Sequence[TriageCase]:
    """Give requests without a place theirs, and the stored cases that they opened.

    Args:
        placed: The requests; one that has a place keeps it.

    Returns:
        Cases that they opened, stored or not: those that no later report could match were not.
    """
    rows = await db.fetch(_PLACE_DECISIONS_SQL, *columns(map(_row, placed)))
    await db.execute(_PLACE_CASES_SQL, [row["request_id"] for row in rows])
    return [
        TriageCase(str(row["case_id"]), row["dedup_key"], report_from_row(row))
        for row in rows
        if row["case_id"] and row["outcome"] != "duplicate"
    ]


def _row(placed: PlacedRequest) -> Iterator[object]:
    point, address, position_error_m = placed.place
    yield placed.request_id
    yield point and point.latitude
    yield point and point.longitude
    yield address
    yield position_error_m
