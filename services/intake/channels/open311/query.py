"""Queries of lists of requests: which filters, in which window of time, and which page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import floor
from typing import NamedTuple
from uuid import UUID

from services.intake.channels.open311.form import Parameters, number_of
from services.intake.channels.open311.responses import bad_request
from services.intake.identifiers import read_public_id, read_tracking_number
from shared.catalogue import Jurisdiction
from shared.vocabulary import END_OF_TIME, MAX_LATITUDE, MAX_LONGITUDE, START_OF_TIME

MAX_SPAN = timedelta(days=90)
MAX_PAGE_SIZE = 1_000
# Most requests before a page by number; later ones are reached by the link to the next page.
MAX_OFFSET = 20_000
MAX_IDS = 1_000
CELLS_PER_DEGREE = 20
_CELLS_PER_PARALLEL = 7_200
_MAX_CELLS = 16
_IS_OPEN = {"open": True, "closed": False}
_BOX_VALUES = 4


class Span(NamedTuple):
    """A time span, both ends included, UTC."""

    since: datetime
    until: datetime


class Cursor(NamedTuple):
    """Position in a list: the time by which the list is sorted, and the id of a request."""

    moment: datetime
    request_id: str

    def encode(self) -> str:
        """Return it as text for a link."""
        return urlsafe_b64encode(f"{self.moment.isoformat()} {self.request_id}".encode()).decode()


@dataclass(frozen=True, slots=True)
class BoundingBox:
    """A box of degrees, sides included."""

    west: float
    south: float
    east: float
    north: float

    @property
    def cells(self) -> list[int] | None:
        """The cells of the index's grid that it touches; None when they are too many."""
        rows, columns = self._grid
        if len(rows) * len(columns) > _MAX_CELLS:
            return None
        return [_cell(row, column) for row in rows for column in columns]

    @property
    def cell_range(self) -> tuple[int, int]:
        """The first and the last cell on its parallels, anywhere on Earth."""
        rows, _ = self._grid
        return _cell(rows[0], -_CELLS_PER_PARALLEL // 2), _cell(rows[-1], _CELLS_PER_PARALLEL // 2)

    def touched(self, cells: Collection[int]) -> list[int] | None:
        """Return those of some cells that it touches; None when they are too many."""
        rows, columns = self._grid
        touched = [cell for cell in cells if _is_within(cell, rows, columns)]
        return touched if len(touched) <= _MAX_CELLS else None

    @property
    def _grid(self) -> tuple[range, range]:
        south, north = (floor(side * CELLS_PER_DEGREE) for side in (self.south, self.north))
        west, east = (floor(side * CELLS_PER_DEGREE) for side in (self.west, self.east))
        return range(south, north + 1), range(west, east + 1)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A query for requests of one city, newest first; a status is True for open requests."""

    jurisdiction: str
    codes: tuple[str, ...]
    names_codes: bool
    statuses: tuple[bool, ...]
    submitted: Span | None
    updated: Span | None
    box: BoundingBox | None
    limit: int
    offset: int
    after: Cursor | None


def _cell(row: int, column: int) -> int:
    return row * _CELLS_PER_PARALLEL + column


def _is_within(cell: int, rows: range, columns: range) -> bool:
    row, column = divmod(cell + _CELLS_PER_PARALLEL // 2, _CELLS_PER_PARALLEL)
    column -= _CELLS_PER_PARALLEL // 2
    is_antimeridian = column == -_CELLS_PER_PARALLEL // 2  # as 180 degrees on the row below
    return (row in rows and column in columns) or (
        is_antimeridian and row - 1 in rows and -column in columns
    )


def public_codes(city: Jurisdiction) -> tuple[str, ...]:
    """Return the kinds whose requests are shown."""
    return tuple(kind.code for kind in city.services.values() if not kind.private)


def read_name(text: str) -> str | None:
    """Return a public id or a tracking number in its canonical form; None for neither."""
    return read_public_id(text) or read_tracking_number(text)


def read_names(parameters: Parameters) -> list[str] | None:
    """Return the requests that a call names, or raise ``Open311Error``; None for a query."""
    given = parameters.texts("service_request_id")
    if len(given) > MAX_IDS:
        raise bad_request(f"service_request_id: ask for at most {MAX_IDS:,} at once.")
    return [name for text in given if (name := read_name(text))] if given else None


def read_query(parameters: Parameters, city: Jurisdiction, now: datetime) -> ListQuery:
    """Return the query of a call, or raise ``Open311Error``.

    Without any date it is about the 90 days before ``now``; with ``updated_after`` or
    ``updated_before`` alone it filters by the time of the last change.
    """
    submitted = _span(parameters, "start_date", "end_date", now)
    updated = _span(parameters, "updated_after", "updated_before", now)
    asked = parameters.texts("service_code")
    limit = min(MAX_PAGE_SIZE, parameters.count("page_size", MAX_PAGE_SIZE))
    return ListQuery(
        jurisdiction=city.id,
        codes=tuple(c for c in public_codes(city) if not asked or c in asked),
        names_codes=bool(asked),
        statuses=_statuses(parameters.texts("status")),
        submitted=submitted if submitted or updated else Span(now - MAX_SPAN, END_OF_TIME),
        updated=updated,
        box=_box(parameters.text("bbox")),
        limit=limit,
        offset=_offset(parameters.count("page", 1), limit),
        after=_cursor(parameters.text("after")),
    )


def _span(parameters: Parameters, first: str, last: str, now: datetime) -> Span | None:
    """Return the span between two dates; one alone begins or ends a span of 90 days."""
    since, until = parameters.moment(first), parameters.moment(last)
    if since is None and until is None:
        return None
    if since is None:
        until = until or now
        since = max(START_OF_TIME + MAX_SPAN, until) - MAX_SPAN
    if until is None:
        until = min(since + MAX_SPAN, END_OF_TIME)
    if until < since:
        raise bad_request(f"{last}: write a moment after {first}.")
    if until - since > MAX_SPAN:
        raise bad_request(f"{first} and {last}: ask for at most 90 days at once.")
    return Span(since, _whole_second(until))


def _whole_second(until: datetime) -> datetime:
    """Return the end of a moment's second: answers have moments without fractions."""
    return until if until.microsecond else until.replace(microsecond=999_999)


def _statuses(texts: Collection[str]) -> tuple[bool, ...]:
    if not set(texts) <= _IS_OPEN.keys():
        raise bad_request("status: write open, closed, or both with a comma.")
    return tuple(is_open for text, is_open in _IS_OPEN.items() if not texts or text in texts)


def _box(text: str | None) -> BoundingBox | None:
    if text is None:
        return None
    parts = text.split(",")
    sides = [number for part in parts if (number := number_of(part)) is not None]
    if len(parts) != _BOX_VALUES or len(sides) != _BOX_VALUES:
        raise bad_request("bbox: write the west, south, east and north side in degrees.")
    west, south, east, north = sides
    if not (
        -MAX_LONGITUDE <= west <= east <= MAX_LONGITUDE
        and -MAX_LATITUDE <= south <= north <= MAX_LATITUDE
    ):
        raise bad_request("bbox: write west before east and south before north, on Earth.")
    return BoundingBox(west, south, east, north)


def _offset(page: int, limit: int) -> int:
    offset = (page - 1) * limit
    if offset > MAX_OFFSET:
        raise bad_request(
            f"page: pages by number end after {MAX_OFFSET:,} requests. Follow the link rel=next of "
            "the page before, or ask for a shorter time."
        )
    return offset


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    try:
        moment, _, request_id = urlsafe_b64decode(text.encode()).decode().partition(" ")
        return Cursor(datetime.fromisoformat(moment).astimezone(UTC), str(UUID(request_id)))
    except (ValueError, OverflowError):
        raise bad_request("after: take it from the link to the next page as it is.") from None
