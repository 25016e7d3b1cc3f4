"""Open cases near a point: a read model against duplicate reports."""

from collections.abc import Collection
from datetime import datetime
from math import cos, degrees, radians
from typing import NamedTuple

from shared.runtime.postgres import Pool, translate_errors
from shared.vocabulary import EARTH_RADIUS_M, GeoPoint, distance_m

MAX_NEAR = 10

SAVE_CASES = """
    INSERT INTO cases AS known (case_id, version, jurisdiction, dedup_group, service_code, status,
                                request_count, first_reported_at, latitude, longitude, complete_by)
    SELECT new.case_id, new.version, new.jurisdiction, new.dedup_group, new.service_code,
           new.status, new.request_count,
           coalesce(new.first_reported_at, origin.first_reported_at),
           coalesce(new.latitude, origin.latitude), coalesce(new.longitude, origin.longitude),
           new.complete_by
      FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::integer[], $8::timestamptz[], $9::float8[], $10::float8[], $11::uuid[],
                  $12::timestamptz[])
           AS new (case_id, version, jurisdiction, dedup_group, service_code, status,
                   request_count, first_reported_at, latitude, longitude, moved_from, complete_by)
      LEFT JOIN cases AS origin ON origin.case_id = new.moved_from
     ORDER BY new.case_id
    ON CONFLICT (case_id) DO UPDATE
       SET version = greatest(known.version, excluded.version),
           status = CASE WHEN known.version < excluded.version
                         THEN excluded.status ELSE known.status END,
           service_code = CASE WHEN known.version < excluded.version
                               THEN excluded.service_code ELSE known.service_code END,
           dedup_group = CASE WHEN known.version < excluded.version
                              THEN excluded.dedup_group ELSE known.dedup_group END,
           request_count = CASE WHEN known.version < excluded.version
                                THEN excluded.request_count ELSE known.request_count END,
           complete_by = CASE WHEN known.version < excluded.version
                              THEN excluded.complete_by ELSE known.complete_by END,
           first_reported_at = coalesce(known.first_reported_at, excluded.first_reported_at),
           latitude = CASE WHEN known.version < excluded.version
                           THEN coalesce(excluded.latitude, known.latitude)
                           ELSE coalesce(known.latitude, excluded.latitude) END,
           longitude = CASE WHEN known.version < excluded.version
                            THEN coalesce(excluded.longitude, known.longitude)
                            ELSE coalesce(known.longitude, excluded.longitude) END
     WHERE known.version < excluded.version
        OR known.latitude IS NULL AND excluded.latitude IS NOT NULL
"""
# Of a crowded place the nearest by a flat map are enough to find the nearest on the globe. Words
# and photo are those of the first report that everybody may read.
_NEAR = """
    WITH near AS (
        SELECT case_id, service_code, status, latitude, longitude, first_reported_at, request_count
          FROM cases
         WHERE status NOT IN ('completed', 'declined', 'referred') AND latitude IS NOT NULL
           AND dedup_group = $1 AND jurisdiction = $2
           AND latitude BETWEEN $3 - $5::float8 AND $3 + $5
           AND longitude BETWEEN $4 - $6::float8 AND $4 + $6
           AND service_code <> ALL($7::text[])
         ORDER BY power((latitude - $3) / $5, 2) + power((longitude - $4) / $6, 2), case_id
         LIMIT $8)
    SELECT near.case_id::text, near.service_code, status, near.latitude, near.longitude,
           first_reported_at, request_count, told.description, told.media_id
      FROM near
 LEFT JOIN LATERAL (
        SELECT listed.description,
               (SELECT replace(media_id::text, '-', '')
                  FROM request_media JOIN media USING (media_id)
                 WHERE request_media.request_id = listed.request_id AND released_by IS NOT NULL
                 ORDER BY uploaded_at, media_id LIMIT 1) AS media_id
          FROM listed_requests AS listed
          LEFT JOIN reviewed_texts AS text ON text.text_id = listed.request_id
         WHERE listed.case_id = near.case_id
           AND coalesce(text.status, 'public') IN ('public', 'released')
         ORDER BY listed.submitted_at LIMIT 1) AS told ON true
"""
_WITHIN = """
    SELECT case_id::text, service_code, status, latitude, longitude, request_count
      FROM cases
     WHERE status NOT IN ('completed', 'declined', 'referred') AND latitude IS NOT NULL
       AND jurisdiction = $1
       AND longitude BETWEEN $2 AND $4 AND latitude BETWEEN $3 AND $5
       AND service_code <> ALL($6::text[])
     ORDER BY first_reported_at DESC
     LIMIT 200
"""
# Degrees of public points: about 10 m, as near as a pin on a map tells.
PIN_DECIMALS = 4
_DEGREES_PER_METRE = degrees(1 / EARTH_RADIUS_M)
_LEAST_COSINE = 0.01  # within 64 km of a pole a box is too narrow, and no city lies there


class NearbyState(NamedTuple):
    """State of a case after one event; a decision gives the place, a change of the case the rest.

    Attributes:
        version: Orders the states of one case; 0 before the case opened.
        latitude: Degrees of the first request, as submitted; never shown.
        moved_from: The case that it was split from, which gives it its place.
    """

    case_id: str
    version: int
    jurisdiction: str
    dedup_group: str
    service_code: str
    status: str
    request_count: int
    first_reported_at: datetime | None = None
    latitude: float | None = None
    longitude: float | None = None
    moved_from: str | None = None
    complete_by: datetime | None = None

    def merge(self, other: "NearbyState") -> "NearbyState":
        """Return the newer state of the two, with the place that either has."""
        placed = self if self.latitude is not None else other
        return max(self, other, key=lambda state: state.version)._replace(
            first_reported_at=placed.first_reported_at,
            latitude=placed.latitude,
            longitude=placed.longitude,
            moved_from=self.moved_from or other.moved_from,
        )


class NearQuery(NamedTuple):
    """A search for open cases within a radius, inclusive; private kinds are never shown."""

    jurisdiction: str
    dedup_group: str
    point: GeoPoint
    radius_m: float
    private_kinds: Collection[str]


class NearbyCase(NamedTuple):
    """An open case near a point; words and photo are public, None without any."""

    case_id: str
    service_code: str
    status: str
    distance_m: float
    first_reported_at: datetime
    request_count: int
    description: str | None
    media_id: str | None


class OpenCase(NamedTuple):
    """An open case on a map."""

    case_id: str
    service_code: str
    status: str
    latitude: float
    longitude: float
    request_count: int


async def find_within(
    pool: Pool,
    jurisdiction: str,
    bounds: tuple[float, float, float, float],
    private_kinds: Collection[str],
) -> list[OpenCase]:
    """Return at most 200 open cases between west, south, east and north, the newest first."""
    with translate_errors():
        rows = await pool.fetch(_WITHIN, jurisdiction, *bounds, list(private_kinds))
    return [
        OpenCase(
            case_id,
            code,
            status,
            round(latitude, PIN_DECIMALS),
            round(longitude, PIN_DECIMALS),
            count,
        )
        for case_id, code, status, latitude, longitude, count in rows
    ]


async def find_near(pool: Pool, query: NearQuery) -> list[NearbyCase]:
    """Return the open cases within the radius, the nearest first, at most ``MAX_NEAR``."""
    point = query.point
    height = query.radius_m * _DEGREES_PER_METRE
    width = height / max(cos(radians(point.latitude)), _LEAST_COSINE)
    with translate_errors():
        rows = await pool.fetch(
            _NEAR,
            query.dedup_group,
            query.jurisdiction,
            point.latitude,
            point.longitude,
            height,
            width,
            list(query.private_kinds),
            2 * MAX_NEAR,
        )
    found = [
        NearbyCase(case_id, code, status, distance_m(point, GeoPoint(lat, lon)), *rest)
        for case_id, code, status, lat, lon, *rest in rows
    ]
    near = [case for case in found if case.distance_m <= query.radius_m]
    return sorted(near, key=lambda case: (case.distance_m, case.case_id))[:MAX_NEAR]
