"""Reads exports of past requests and of labelled duplicates.

An export is CSV or JSON Lines, plain or compressed with gzip, in our own columns or in those of a
city's export.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from shared.catalogue import Catalogue, Jurisdiction
from shared.csv_text import open_text
from shared.errors import Route311Error
from workbench.evaluation.export_formats import EXPORTS, OWN, ExportFormat, column_name

_PORTAL_TIMES = ("%m/%d/%Y %I:%M:%S %p", "%Y/%m/%d %I:%M:%S %p")
_PAIR_COLUMNS = (("request_id", "duplicate_of"), ("duplicate_id", "parent_id"))


class UnreadableRowsError(Route311Error):
    """A file is not an export that can be read."""

    code = "unreadable_rows"


@dataclass(frozen=True, slots=True)
class PastRequest:
    """One row of an export.

    Attributes:
        kind: Service code of the city's catalogue.
        unmapped: The export's type where the catalogue lacks it; ``kind`` is then the city's kind
            for everything else.
        latitude: WGS 84 degrees; None without a point.
        longitude: WGS 84 degrees; None without a point.
        address: None without one.
        description: The reporter's words, or the type's name.
        district: None where the export has none.
    """

    request_id: str
    reported_at: datetime
    kind: str
    unmapped: str | None
    latitude: float | None
    longitude: float | None
    address: str | None
    description: str
    district: str | None = None


@dataclass(frozen=True, slots=True)
class RequestHistory:
    """The rows of a file in order of event time, and their city."""

    city: Jurisdiction
    rows: list[PastRequest]


def read_requests(path: Path, catalogue: Catalogue, city_id: str | None = None) -> RequestHistory:
    """Read an export.

    Args:
        city_id: The city; None for the one that publishes exports with these columns.

    Raises:
        UnreadableRowsError: A cell is missing or invalid, or the city is unknown.
    """
    with open_text(path, errors="replace") as file:
        records = _numbered(file)
        line, first = next(records, (0, None))
        if first is None:
            raise UnreadableRowsError(f"{path}: there is no request in it")
        columns = format_of(first)
        city = catalogue.jurisdictions.get(city_id or columns.city_id)
        if city is None:
            raise UnreadableRowsError(f"no city {city_id} in the catalogue")
        rows = [_row(n, record, columns, city) for n, record in ((line, first), *records)]
    return RequestHistory(city, sorted(rows, key=lambda row: (row.reported_at, row.request_id)))


def city_of(path: Path, city_id: str | None = None) -> str:
    """Return the city of an export: the given one, else the publisher of such columns."""
    with open_text(path, errors="replace") as file:
        return city_id or format_of(next(_numbered(file), (0, {}))[1]).city_id


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Read labelled duplicates: the id of each with the id of an earlier request.

    Raises:
        UnreadableRowsError: The columns are neither ours nor those of Boston's pairs.
    """
    with open_text(path, errors="replace") as file:
        records = [record for _, record in _numbered(file)]
    for duplicate, parent in _PAIR_COLUMNS:
        if not records or {duplicate, parent} <= records[0].keys():
            return [(str(record[duplicate]), str(record[parent])) for record in records]
    raise UnreadableRowsError(f"{path}: columns request_id and duplicate_of are missing")


def format_of(columns: Collection[str]) -> ExportFormat:
    """Return the format of an export with these columns; ours where no city has them."""
    return next((one for one in EXPORTS if one.has(columns)), OWN)


def parse_row(
    record: Mapping[str, Any], columns: ExportFormat, city: Jurisdiction, daily: time = time.min
) -> PastRequest:
    """Parse a row of an export.

    Args:
        city: Its city; times without an offset are local there.
        daily: Time of day that stands for a day.

    Raises:
        ValueError: A cell is missing or invalid; the message names the column, not the cell.
    """
    own = _cell(record, columns.kind) or _cell(record, columns.code)
    subtype = _cell(record, columns.subtype)
    kind = _service_code(record, columns, city)
    request_id = _cell(record, columns.request_id)
    if not request_id:
        raise ValueError("the row has no id")
    return PastRequest(
        request_id=request_id,
        reported_at=_time(record, columns, city, daily),
        kind=kind or city.other_code,
        unmapped=None if kind else own,
        latitude=_coordinate(record, columns.latitude),
        longitude=_coordinate(record, columns.longitude),
        address=" ".join(_cell(record, columns.address).split()) or None,
        description=_cell(record, columns.description) or (f"{own}: {subtype}" if subtype else own),
        district=_cell(record, columns.district) or None,
    )


def _service_code(
    record: Mapping[str, Any], columns: ExportFormat, city: Jurisdiction
) -> str | None:
    """Return the code of a row's kind; None where the catalogue lacks its type."""
    code, own = _cell(record, columns.code), _cell(record, columns.kind)
    names = (f"{own}: {_cell(record, columns.subtype)}", columns.kinds.get(own, own))
    listed = next((name for name in (code, *names) if name in city.services), None)
    return listed or next(filter(None, map(city.codes_by_type.get, names)), None)


def _numbered(file: TextIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the records of CSV or JSON Lines with their line numbers."""
    head = file.read(1)
    file.seek(0)
    if head == "{":
        yield from enumerate(map(_object, filter(str.strip, file)), start=1)
    else:
        yield from numbered_rows(csv.DictReader(file))


def numbered_rows(reader: "csv.DictReader[str]") -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Return the rows of CSV with their line numbers, under the columns' names of formats."""
    reader.fieldnames = [column_name(title) for title in reader.fieldnames or ()]
    return ((reader.line_num, record) for record in reader)


def _object(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise UnreadableRowsError("a line holds no JSON object")
    return found


def _row(
    line: int, record: Mapping[str, Any], columns: ExportFormat, city: Jurisdiction
) -> PastRequest:
    try:
        return parse_row(record, columns, city)
    except ValueError as error:
        raise UnreadableRowsError(f"line {line}: {error}") from None


def _cell(record: Mapping[str, Any], column: str) -> str:
    value = record.get(column)
    return "" if value is None else str(value).strip()


def _time(
    record: Mapping[str, Any], columns: ExportFormat, city: Jurisdiction, daily: time
) -> datetime:
    column = columns.reported_at
    moment = _moment(_cell(record, column))
    if moment is None:
        raise ValueError(f"{column}: no {'day' if columns.is_daily else 'time'}")
    if columns.is_daily:
        moment = datetime.combine(moment.date(), daily)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(city.timezone))


def _moment(cell: str) -> datetime | None:
    with suppress(ValueError):
        return datetime.fromisoformat(cell)
    for portal in _PORTAL_TIMES:
        with suppress(ValueError):
            return datetime.strptime(cell, portal)  # noqa: DTZ007 - local to the city
    return None


def _coordinate(record: Mapping[str, Any], column: str) -> float | None:
    cell = _cell(record, column)
    try:
        return float(cell) if cell else None
    except ValueError:
        raise ValueError(f"{column}: no number") from None
