"""Queries of lists of public requests: which filters, in which window of time, and which page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from math import floor
from typing import NamedTuple, Self
from uuid import UUID

from shared.catalogue import Jurisdiction

_CELLS_PER_DEGREE = 20
_CELLS_PER_PARALLEL = 7_200
_MAX_CELLS = 16


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

    @classmethod
    def decode(cls, text: str) -> Self:
        """Return the position of a link; ValueError for another text."""
        moment, _, request_id = urlsafe_b64decode(text.encode()).decode().partition(" ")
        return cls(datetime.fromisoformat(moment).astimezone(UTC), str(UUID(request_id)))


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
        south, north = (floor(side * _CELLS_PER_DEGREE) for side in (self.south, self.north))
        west, east = (floor(side * _CELLS_PER_DEGREE) for side in (self.west, self.east))
        return range(south, north + 1), range(west, east + 1)


@dataclass(frozen=True, slots=True)
class ListQuery:
    """A query for requests of one city, newest first; a status is True for open requests.

    They are sorted by the time of submission, or by that of the last change if that alone is given.
    """

    jurisdiction: str
    codes: tuple[str, ...]
    names_codes: bool
    statuses: tuple[bool, ...]
    limit: int
    submitted: Span | None = None
    updated: Span | None = None
    box: BoundingBox | None = None
    offset: int = 0
    after: Cursor | None = None


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
