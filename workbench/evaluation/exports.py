"""Reads exports of past requests and of labelled duplicates.

An export is CSV or JSON Lines, plain or compressed with gzip, in our own columns or in those of a
city's export.
"""

import csv
import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from shared.catalogue import Catalogue, Jurisdiction
from shared.csv_text import open_text
from shared.errors import Route311Error

_PAIR_COLUMNS = (("request_id", "duplicate_of"), ("duplicate_id", "parent_id"))


class UnreadableRowsError(Route311Error):
    """A file is not an export that can be read."""

    code = "unreadable_rows"


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """Columns of an export.

    Attributes:
        city_id: The city that publishes it, as a default.
        request_id: Column of the id; it identifies the format.
        reported_at: Column of the time, or of the day where ``is_daily``.
        latitude: Column in WGS 84 degrees.
        longitude: Column in WGS 84 degrees.
        address: Column of the address; "" for none.
        description: Column of the description, which defaults to the type; "" for none.
        kinds: Service codes by type; other types are looked up in the catalogue.
        is_daily: Whether times are days.
    """

    city_id: str
    request_id: str
    reported_at: str
    kind: str
    latitude: str
    longitude: str
    address: str = ""
    description: str = ""
    kinds: Mapping[str, str] = field(default_factory=dict)
    is_daily: bool = False

    @property
    def required_columns(self) -> frozenset[str]:
        """All columns that it names."""
        named = (self.request_id, self.reported_at, self.kind, self.latitude, self.longitude)
        return frozenset(filter(None, (*named, self.address, self.description)))


OWN = ExportFormat(
    city_id="portland.gov",
    request_id="request_id",
    reported_at="reported_at",
    kind="service_code",
    latitude="latitude",
    longitude="longitude",
    address="address",
    description="description",
)
BOSTON = ExportFormat(
    city_id="boston.gov",
    request_id="case_enquiry_id",
    reported_at="open_dt",
    kind="type",
    latitude="latitude",
    longitude="longitude",
    address="location",
    description="case_title",
)
PORTLAND_CAMPSITES = ExportFormat(
    city_id="portland.gov",
    request_id="inc_id",
    reported_at="inc_date",
    kind="is_vehicle",
    latitude="lat",
    longitude="lon",
    kinds={"No": "CAMP-REPORT", "Yes": "VEH-CAMP"},
    is_daily=True,
)


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
    """

    request_id: str
    reported_at: datetime
    kind: str
    unmapped: str | None
    latitude: float | None
    longitude: float | None
    address: str | None
    description: str


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
    return next((f for f in (BOSTON, PORTLAND_CAMPSITES) if f.request_id in columns), OWN)


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
    own = _cell(record, columns.kind)
    code = columns.kinds.get(own, own)
    kind = code if code in city.services else city.export_types.get(code)
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
        description=_cell(record, columns.description) or own,
    )


def _numbered(file: TextIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Yield the records of CSV or JSON Lines with their line numbers."""
    head = file.read(1)
    file.seek(0)
    if head == "{":
        yield from enumerate(map(_object, filter(str.strip, file)), start=1)
    else:
        reader = csv.DictReader(file)
        for record in reader:
            yield reader.line_num, record


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
    try:
        moment = datetime.fromisoformat(_cell(record, column))
    except ValueError:
        raise ValueError(f"{column}: no {'day' if columns.is_daily else 'time'}") from None
    if columns.is_daily:
        moment = datetime.combine(moment.date(), daily)
    return moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(city.timezone))


def _coordinate(record: Mapping[str, Any], column: str) -> float | None:
    cell = _cell(record, column)
    try:
        return float(cell) if cell else None
    except ValueError:
        raise ValueError(f"{column}: no number") from None
