"""The public status of requests in PostgreSQL."""

from collections.abc import Collection, Sequence
from secrets import randbelow
from typing import NamedTuple, TypeVar

from asyncpg import Record

from services.intake.identifiers import CAPACITY, public_id
from services.intake.public_status.nearby import PIN_DECIMALS, SAVE_CASES, NearbyState
from services.intake.records.public import (
    AddedNote,
    CaseLink,
    PublicDecision,
    PublicRequest,
    PublicStatus,
    StatusChange,
    WorkPictures,
)
from services.intake.rules.location import public_degrees
from shared.contract.events import Location
from shared.runtime.postgres import Connection, Pool, columns, translate_errors
from shared.vocabulary import CLOSED_STATUSES, GeoPoint

# Only the first change that shows a picture publishes it: an operator may withhold it afterwards.
_SAVE_PICTURES = """
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
    """A case whose place became known by a note."""

    case_id: str
    request_id: str
    dedup_group: str
    latitude: float
    longitude: float


async def place_request(db: Connection, request_id: str, location: Location) -> bool:
    """Give a request without a place its own; return False where it has one."""
    at = location.latitude, location.longitude
    public = map(public_degrees, at)
    if not await db.fetchval(_PLACE_REQUEST, request_id, location.address, *public):
        return False
    await db.execute(_PLACE_LISTED, request_id, *at)
    return True


M = TypeVar("M", PublicRequest, PublicDecision, StatusChange)

_IS_LATER = """
    new.case_id IS NOT NULL AND (known.joined_at IS NULL
        OR (known.moves, known.joined_at) < (new.moves, new.joined_at))
"""
# A link to the known case changes nothing that residents see, so a decision and the opening of its
# case write the row once. No condition is about ``known`` alone: it would tempt the planner to
# start there and read the whole table.
_SAVE_REQUESTS = f"""
    UPDATE requests AS known
       SET decided_at = coalesce(new.decided_at, known.decided_at),
           outcome = coalesce(new.outcome, known.outcome),
           referral_name = coalesce(new.referral_name, known.referral_name),
           referral_phone = coalesce(new.referral_phone, known.referral_phone),
           referral_url = coalesce(new.referral_url, known.referral_url),
           referral_reason = coalesce(new.referral_reason, known.referral_reason),
           answer = coalesce(new.answer, known.answer),
           case_id = CASE WHEN {_IS_LATER} THEN new.case_id ELSE known.case_id END,
           joined_at = CASE WHEN {_IS_LATER} THEN new.joined_at ELSE known.joined_at END,
           moves = CASE WHEN {_IS_LATER} THEN new.moves ELSE known.moves END
      FROM unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[],
                  $7::text[], $8::text[], $9::uuid[], $10::timestamptz[], $11::integer[])
           AS new (request_id, decided_at, outcome, referral_name, referral_phone, referral_url,
                   referral_reason, answer, case_id, joined_at, moves)
     WHERE known.request_id = new.request_id
       AND (known.outcome IS NULL AND new.outcome IS NOT NULL
            OR new.case_id IS NOT NULL
               AND (known.case_id, known.moves) IS DISTINCT FROM (new.case_id, new.moves))
"""  # noqa: S608 - constants only
_SAVE_CHANGES = """
    INSERT INTO case_steps (case_id, version, status, taken_at, bureau, note, scheduled_for,
                            not_fixed)
    SELECT * FROM unnest($1::uuid[], $2::integer[], $3::text[], $4::timestamptz[], $5::text[],
                         $6::text[], $7::timestamptz[], $8::boolean[])
    ON CONFLICT DO NOTHING
"""
_REQUEST = """
    SELECT requests.request_id::text, tracking_number, public_id, requests.jurisdiction,
           requests.service_code, requests.submitted_at,
           address, requests.latitude, requests.longitude,
           decided_at, outcome, referral_name, referral_phone, referral_url, referral_reason,
           answer, requests.case_id::text, moves,
           coalesce(listed.description, own_text) AS description,
           listed.latitude AS at_latitude, listed.longitude AS at_longitude,
           contact = 'none' AS is_anonymous,
           coalesce((SELECT status FROM reviewed_texts AS text
                      WHERE text.request_id = requests.request_id
                      ORDER BY status = 'held' DESC LIMIT 1), 'public') AS text_status,
           (SELECT complete_by FROM cases WHERE cases.case_id = requests.case_id) AS complete_by,
           pictures.media_ids, pictures.held_media_ids, notes.notes
      FROM requests
      LEFT JOIN listed_requests AS listed USING (request_id)
     CROSS JOIN LATERAL (
           SELECT array_agg(id) FILTER (WHERE released_by IS NOT NULL) AS media_ids,
                  array_agg(id) FILTER (WHERE released_by IS NULL AND NOT withheld)
                     AS held_media_ids
             FROM (SELECT replace(media_id::text, '-', '') AS id, released_by, withheld
                     FROM request_media JOIN media USING (media_id)
                    WHERE request_media.request_id = requests.request_id AND erased_at IS NULL
                    ORDER BY uploaded_at, media_id) AS kept) AS pictures
     CROSS JOIN LATERAL (
           SELECT array_agg((added_at, text) ORDER BY added_at) AS notes
             FROM (SELECT added_at, text FROM note_texts
                    WHERE note_texts.request_id = requests.request_id
                      AND (by_reporter OR NOT EXISTS (
                           SELECT FROM reviewed_texts
                            WHERE text_id = note_id AND status IN ('held', 'withheld')))
                    ORDER BY added_at DESC LIMIT $2) AS latest) AS notes
     WHERE tracking_number = $1
"""
_CHANGES = """
    SELECT case_id::text, version, status, taken_at, bureau, note, scheduled_for, not_fixed,
           ARRAY(SELECT replace(media_id::text, '-', '')
                   FROM case_media JOIN media USING (media_id)
                  WHERE case_media.case_id = case_steps.case_id
                    AND case_media.version = case_steps.version
                    AND released_by IS NOT NULL AND erased_at IS NULL
                  ORDER BY uploaded_at, media_id) AS media_ids
      FROM case_steps
     WHERE case_id = $1
     ORDER BY version DESC
     LIMIT $2
"""

_MAX_CHANGES, _MAX_NOTES = 100, 50
_NO_DECISION = (None,) * len(PublicDecision._fields)
_NO_LINK = (None,) * len(CaseLink._fields)

# Columns of a new listed request, and their types.
LISTING_COLUMNS = {
    "request_id": "uuid",
    "jurisdiction": "text",
    "service_code": "text",
    "submitted_at": "timestamptz",
    "updated_at": "timestamptz",
    "description": "text",
    "latitude": "double precision",
    "longitude": "double precision",
}
_CASE_LOCKS = 64
# Two members may learn of a case and of a request in it at once, and neither sees the other's row:
# the second one with this lock reads the rows of the first.
_LOCK_CASES = "SELECT pg_advisory_xact_lock(311020, lock) FROM unnest($1::integer[]) AS lock"
_REFRESH_LISTINGS = """
    WITH affected AS (
        SELECT unnest($1::uuid[]) AS request_id
         UNION
        SELECT request_id FROM listed_requests WHERE case_id = ANY($2::uuid[])),
    fresh AS (
        SELECT known.request_id, known.case_id,
               CASE WHEN step.status IS NULL
                    THEN coalesce(known.outcome, '') NOT IN ('referral', 'answered')
                    ELSE step.status <> ALL($3::text[]) END AS is_open,
               greatest(known.submitted_at, known.decided_at, step.taken_at) AS updated_at
          FROM affected
          JOIN requests AS known USING (request_id)
          LEFT JOIN LATERAL (SELECT status, taken_at
                               FROM case_steps
                              WHERE case_steps.case_id = known.case_id
                              ORDER BY version DESC
                              LIMIT 1) AS step ON true)
    UPDATE listed_requests AS listed
       SET case_id = fresh.case_id, is_open = fresh.is_open, updated_at = fresh.updated_at
      FROM fresh
     WHERE listed.request_id = fresh.request_id
       AND (listed.case_id, listed.is_open, listed.updated_at)
           IS DISTINCT FROM (fresh.case_id, fresh.is_open, fresh.updated_at)
"""


class PostgresPublicStatuses:
    """The read model of public statuses, inside the caller's transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def save_requests(
        self, decisions: Sequence[PublicDecision], links: Sequence[CaseLink]
    ) -> None:
        """Save the decisions and the cases of requests; of several links the latest wins."""
        decided = {decision.request_id: decision for decision in decisions}
        linked = {
            link.request_id: link
            for link in sorted(links, key=lambda link: (link.moves, link.joined_at))
        }
        rows = [  # sorted, so that no two transactions deadlock
            (id_, *decided.get(id_, _NO_DECISION)[1:], *linked.get(id_, _NO_LINK)[1:])
            for id_ in sorted(decided.keys() | linked.keys())
        ]
        if rows:
            await self._connection.execute(_SAVE_REQUESTS, *columns(rows))

    async def save_changes(self, changes: Sequence[StatusChange]) -> None:
        """Save status changes of cases."""
        if changes:
            await self._connection.execute(_SAVE_CHANGES, *columns(changes))

    async def save_pictures(self, pictures: Sequence[WorkPictures]) -> None:
        """Attach pictures of the work to changes of cases; unknown ids are left out."""
        rows = [
            (one.case_id, one.version, media_id, one.publisher)
            for one in pictures
            for media_id in one.media_ids
        ]
        if rows:
            await self._connection.execute(_SAVE_PICTURES, *columns(rows))

    async def save_cases(self, states: Sequence[NearbyState]) -> None:
        """Save the states of cases; the newest of each case wins."""
        cases: dict[str, NearbyState] = {}
        for state in states:
            known = cases.get(state.case_id)
            cases[state.case_id] = known.merge(state) if known else state
        if cases:
            await self._connection.execute(SAVE_CASES, *columns(cases.values()))

    async def place_cases(self, cases: Sequence[PlacedCase]) -> None:
        """Give cases without a place theirs, for the list of what is nearby."""
        placed = {case.case_id: case for case in reversed(cases)}
        if placed:
            await self._connection.execute(_PLACE_CASES, *columns(placed.values()))

    async def refresh_listings(
        self, request_ids: Collection[str], joined: Collection[str], changed: Collection[str]
    ) -> None:
        """Update case, status and time of listed requests.

        Args:
            request_ids: Requests whose decision or case is new.
            joined: The cases that they joined.
            changed: Cases whose status changed, and with them all their requests.
        """
        if request_ids or changed:
            locks = {int(case_id[-2:], 16) % _CASE_LOCKS for case_id in {*joined, *changed}}
            await self._connection.execute(_LOCK_CASES, sorted(locks))
            await self._connection.execute(
                _REFRESH_LISTINGS, sorted(request_ids), sorted(changed), sorted(CLOSED_STATUSES)
            )


def listing_rows(requests: Sequence[PublicRequest]) -> list[tuple[object, ...]]:
    """Return the values of ``LISTING_COLUMNS`` of new requests; private kinds are left out."""
    return [
        (
            one.request_id,
            one.jurisdiction,
            one.service_code,
            one.submitted_at,
            one.submitted_at,
            *one.listing,
        )
        for one in requests
        if one.listing
    ]


async def find_status(pool: Pool, tracking_number: str) -> PublicStatus | None:
    """Return the status of a request with its latest 100 changes; None for an unknown number."""
    with translate_errors():
        async with pool.acquire() as connection:
            status = await read_status(connection, tracking_number)
            if status and status.request.public_id is None:
                await give_public_ids(connection, [status.request.request_id])
                status = await read_status(connection, tracking_number)
            return status


async def read_status(connection: Connection, tracking_number: str) -> PublicStatus | None:
    """Return what ``find_status`` does; a request from before may lack its public id."""
    row = await connection.fetchrow(_REQUEST, tracking_number, _MAX_NOTES)
    if row is None:
        return None
    changes = await connection.fetch(_CHANGES, row["case_id"], _MAX_CHANGES)
    return PublicStatus(
        request=_from_row(PublicRequest, row),
        decision=None if row["outcome"] is None else _from_row(PublicDecision, row),
        changes=tuple(_from_row(StatusChange, change) for change in reversed(changes)),
        was_moved=row["moves"] > 0,
        media_ids=tuple(row["media_ids"] or ()),
        held_media_ids=tuple(row["held_media_ids"] or ()),
        notes=tuple(AddedNote(*note) for note in row["notes"] or ()),
        point=_pin(row["at_latitude"], row["at_longitude"]),
        is_anonymous=row["is_anonymous"],
        work_media_ids={c["version"]: tuple(c["media_ids"]) for c in changes if c["media_ids"]},
        complete_by=row["complete_by"],
        description=row["description"] or None,
        text_status=row["text_status"],
    )


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


def _pin(latitude: float | None, longitude: float | None) -> GeoPoint | None:
    """Return the point as near as a pin on a map tells."""
    if latitude is None or longitude is None:
        return None
    return GeoPoint(round(latitude, PIN_DECIMALS), round(longitude, PIN_DECIMALS))


def _from_row(model: type[M], row: Record) -> M:
    return model(**{name: row[name] for name in model._fields if name in row})
