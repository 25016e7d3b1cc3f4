"""Lists of requests in PostgreSQL: each page is read from the index that fits its filters."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import cast

from asyncpg import Record

from services.intake.channels.listing.query import BoundingBox, ListQuery
from services.intake.records.public import StatusChange
from shared.runtime.postgres import Pool, translate_errors
from shared.vocabulary import GeoPoint, TextStatus


@dataclass(frozen=True, slots=True)
class ListedRequest:
    """A request of a public kind with the decision of triage and its case; times in UTC."""

    request_id: str
    public_id: str
    service_code: str
    submitted_at: datetime
    updated_at: datetime
    is_open: bool
    description: str  # redacted; empty once erased
    text_status: TextStatus  # of the description
    address: str | None
    latitude: float | None
    longitude: float | None
    outcome: str | None
    referral_name: str | None
    referral_phone: str | None
    referral_url: str | None
    was_moved: bool  # True when an operator moved it to another case than triage decided
    media_id: str | None
    case_id: str | None
    complete_by: datetime | None
    first_reported_at: datetime | None  # of its case, as the number of reports
    request_count: int | None
    last: StatusChange | None

    @property
    def point(self) -> GeoPoint | None:
        """The place; None without one."""
        if self.latitude is None or self.longitude is None:
            return None
        return GeoPoint(self.latitude, self.longitude)


# With more kinds their own index would be read more often than it saves.
_MAX_PROBED_CODES = 20
# Cells in which a city has requests, as far as a large box looks at them: a probe for each.
_MAX_USED_CELLS = 300
_USED_CELLS = """
    WITH RECURSIVE used (cell) AS (
        (SELECT cell FROM listed_requests
          WHERE jurisdiction = $1 AND cell >= $2 ORDER BY cell LIMIT 1)
         UNION ALL
        SELECT (SELECT listed_requests.cell FROM listed_requests
                 WHERE jurisdiction = $1 AND listed_requests.cell > used.cell
                 ORDER BY listed_requests.cell LIMIT 1)
          FROM used WHERE used.cell IS NOT NULL)
    SELECT cell FROM used WHERE cell <= $3 LIMIT $4
"""
_SELECT = """
    SELECT listed.request_id::text, known.public_id, listed.service_code,
           listed.submitted_at, listed.updated_at, listed.is_open, listed.description,
           coalesce((SELECT text.status FROM reviewed_texts AS text
                      WHERE text.text_id = listed.request_id), 'public') AS text_status,
           known.address, listed.latitude, listed.longitude, known.outcome,
           known.referral_name, known.referral_phone, known.referral_url,
           known.moves > 0 AS was_moved, listed.case_id::text,
           problem.complete_by, problem.first_reported_at, problem.request_count,
           (SELECT replace(media_id::text, '-', '')
              FROM request_media JOIN media USING (media_id)
             WHERE request_media.request_id = listed.request_id AND released_by IS NOT NULL
             ORDER BY uploaded_at, media_id LIMIT 1) AS media_id,
           step.version, step.status, step.taken_at, step.bureau, step.note, step.scheduled_for,
           step.not_fixed
"""
_PROBLEM = """
      LEFT JOIN cases AS problem ON problem.case_id = listed.case_id
      LEFT JOIN LATERAL (SELECT version, status, taken_at, bureau, note, scheduled_for, not_fixed
                           FROM case_steps
                          WHERE case_steps.case_id = listed.case_id
                          ORDER BY version DESC
                          LIMIT 1) AS step ON true
"""
_KNOWN = f"""
    {_SELECT}
      FROM requests AS known
      JOIN listed_requests AS listed USING (request_id)
    {_PROBLEM}
     WHERE {{which}} AND listed.jurisdiction = $2 AND listed.service_code = ANY($3::text[])
     ORDER BY listed.submitted_at DESC, listed.request_id DESC
"""
_BY_NAME = _KNOWN.format(
    which="(known.public_id = ANY($1::text[]) OR known.tracking_number = ANY($1::text[]))"
)
_OF_CASE = f"{_KNOWN.format(which='listed.case_id = $1::uuid')} LIMIT 1"
_CHANGES = """
    SELECT case_id::text, version, status, taken_at, bureau, note, scheduled_for, not_fixed
      FROM case_steps
     WHERE case_id = ANY($1::uuid[])
     ORDER BY case_id, version
"""
_CHANGESET = """
    WITH added AS (INSERT INTO service_list_versions (digest) VALUES ($1)
                   ON CONFLICT DO NOTHING RETURNING since)
    SELECT since FROM added UNION ALL SELECT since FROM service_list_versions WHERE digest = $1
"""
_OWN_COLUMNS = tuple(one.name for one in fields(ListedRequest))[:-1]


class PostgresListedRequests:
    """Requests of public kinds, as lists show them."""

    def __init__(
        self, pool: Pool, give_public_ids: Callable[[Collection[str]], Awaitable[None]]
    ) -> None:
        self._pool, self._give_public_ids = pool, give_public_ids

    async def page(self, query: ListQuery) -> Sequence[ListedRequest]:
        """Return a page of the list, newest first."""
        cells = await self._cells(query.jurisdiction, query.box) if query.box else None
        if cells == []:
            return []
        statement, arguments = _page_statement(query, cells)
        return await self._listed(statement, *arguments)

    async def _cells(self, jurisdiction: str, box: BoundingBox) -> list[int] | None:
        if cells := box.cells:
            return cells
        first, last = box.cell_range
        rows = await self._fetch(_USED_CELLS, jurisdiction, first, last, _MAX_USED_CELLS)
        return box.touched([cell for (cell,) in rows]) if len(rows) < _MAX_USED_CELLS else None

    async def by_names(
        self, jurisdiction: str, codes: Sequence[str], names: Sequence[str]
    ) -> Sequence[ListedRequest]:
        """Return requests by canonical public id or tracking number; unlisted ones are left out."""
        return await self._listed(_BY_NAME, names, jurisdiction, codes)

    async def of_case(
        self, jurisdiction: str, codes: Sequence[str], case_id: str
    ) -> Sequence[ListedRequest]:
        """Return the latest request of a case, if one is listed."""
        return await self._listed(_OF_CASE, case_id, jurisdiction, codes)

    async def changes(self, case_ids: Sequence[str]) -> dict[str, list[StatusChange]]:
        """Return the status changes of cases, oldest first, by case."""
        changes: dict[str, list[StatusChange]] = {}
        for row in await self._fetch(_CHANGES, case_ids):
            changes.setdefault(row["case_id"], []).append(StatusChange(**dict(row)))
        return changes

    async def listed_since(self, digest: str) -> datetime:
        """Return when the list of kinds with this digest was first asked for."""
        [(since,)] = await self._fetch(_CHANGESET, digest)
        return cast(datetime, since)

    async def _listed(self, statement: str, *arguments: object) -> Sequence[ListedRequest]:
        """Return the requests of a statement; those from before get their public ids now."""
        rows = await self._fetch(statement, *arguments)
        if nameless := [row["request_id"] for row in rows if row["public_id"] is None]:
            await self._give_public_ids(nameless)
            rows = await self._fetch(statement, *arguments)
        return [_request(row) for row in rows]

    async def _fetch(self, statement: str, *arguments: object) -> Sequence[Record]:
        with translate_errors():
            return await self._pool.fetch(statement, *arguments)


def _page_statement(query: ListQuery, cells: Sequence[int] | None) -> tuple[str, Sequence[object]]:
    """Return a statement, which holds no value of the query, and its arguments.

    It reads the ends of a few stretches of one index, one for each status and each kind or cell,
    and merges them: those of the statuses alone as they are read.
    """
    arguments: list[object] = []

    def bind(value: object, kind: str) -> str:
        arguments.append(value)
        return f"${len(arguments)}::{kind}"

    moment = "updated_at" if query.updated and not query.submitted else "submitted_at"
    probes = []
    conditions = [f"jurisdiction = {bind(query.jurisdiction, 'text')}"]
    for column, span in (("submitted_at", query.submitted), ("updated_at", query.updated)):
        if span:
            since, until = (bind(end, "timestamptz") for end in span)
            conditions.append(f"{column} BETWEEN {since} AND {until}")
    codes = bind(query.codes, "text[]")
    if cells:
        probes.append(f"unnest({bind(cells, 'integer[]')}) AS of_place (cell)")
        conditions.append("listed_requests.cell = of_place.cell")
    if query.names_codes and not cells and len(query.codes) <= _MAX_PROBED_CODES:
        probes.append(f"unnest({codes}) AS of_kind (code)")
        conditions.append("service_code = of_kind.code")
    else:
        conditions.append(f"service_code = ANY({codes})")
    if box := query.box:
        west, south, east, north = (
            bind(side, "double precision") for side in (box.west, box.south, box.east, box.north)
        )
        conditions.append(f"latitude BETWEEN {south} AND {north}")
        conditions.append(f"longitude BETWEEN {west} AND {east}")
    if after := query.after:
        at, request_id = bind(after.moment, "timestamptz"), bind(after.request_id, "uuid")
        conditions.append(f"{moment} <= {at}")  # where the index is entered
        conditions.append(f"({moment}, request_id) < ({at}, {request_id})")
    most = bind(query.offset + query.limit, "bigint")
    found = " UNION ALL ".join(
        f"""
            (SELECT found.*
               FROM {" CROSS JOIN ".join([*probes, "LATERAL"])} (
                    SELECT {moment}, request_id
                      FROM listed_requests
                     WHERE {" AND ".join(conditions)} AND is_open = {bind(is_open, "boolean")}
                     ORDER BY {moment} DESC, request_id DESC
                     LIMIT {most}) AS found)
        """  # noqa: S608 - constants and placeholders only
        for is_open in query.statuses
    )
    statement = f"""
        WITH page AS (
            SELECT request_id
              FROM ({found}) AS found
             ORDER BY {moment} DESC, request_id DESC
             LIMIT {bind(query.limit, "bigint")} OFFSET {bind(query.offset, "bigint")})
        {_SELECT}
          FROM page
          JOIN listed_requests AS listed USING (request_id)
          JOIN requests AS known USING (request_id)
        {_PROBLEM}
         ORDER BY listed.{moment} DESC, listed.request_id DESC
    """  # noqa: S608 - constants and placeholders only
    return statement, arguments


def _request(row: Record) -> ListedRequest:
    last = StatusChange(*[row[name] for name in StatusChange._fields])
    own = {name: row[name] for name in _OWN_COLUMNS}
    return ListedRequest(**own, last=None if last.version is None else last)
