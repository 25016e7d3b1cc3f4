"""Past requests and labelled pairs, as exports and our own form write them."""

import csv
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, tzinfo
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from shared.catalogue import Catalogue, Jurisdiction
from shared.errors import Route311Error

_GZIP = b"\x1f\x8b"
_BOSTON_ID = "case_enquiry_id"
_IS_VEHICLE = "is_vehicle"
_OF_CAMPSITES = {"No": "CAMP-REPORT", "Yes": "VEH-CAMP"}  # Portland's export of camps
_NAMES = {
    "request_id": ("request_id", _BOSTON_ID, "inc_id"),
    "reported_at": ("reported_at", "open_dt", "inc_date"),
    "kind": ("service_code", "type", _IS_VEHICLE),
    "latitude": ("latitude", "lat"),
    "longitude": ("longitude", "lon"),
    "address": ("address", "location"),
    "description": ("description", "case_title"),
}
_PAIR_NAMES = (("request_id", "duplicate_of"), ("duplicate_id", "parent_id"))


class UnreadableRowsError(Route311Error):
    """A file is not what an evaluation reads."""

    code = "unreadable_rows"


@dataclass(frozen=True, slots=True)
class PastRequest:
    """One past request.

    Attributes:
        kind: A service code of the city's catalogue.
        is_mapped: Whether the catalogue knows the row's own kind; else ``kind`` is the city's
            OTHER.
        latitude: WGS 84 degrees; None where the row has no point.
    """

    request_id: str
    reported_at: datetime
    kind: str
    is_mapped: bool
    latitude: float | None
    longitude: float | None
    address: str | None
    description: str


@dataclass(frozen=True, slots=True)
class RequestHistory:
    """The rows of a file in the order of their times, and the city that they are of."""

    city: Jurisdiction
    rows: list[PastRequest]


def read_requests(path: Path, catalogue: Catalogue, city_id: str | None = None) -> RequestHistory:
    """Read CSV or JSON Lines, plain or gzip, in our own columns or a city's export's.

    Args:
        path: The file.
        catalogue: Knows the cities and their kinds.
        city_id: Whose requests they are; None for Boston's where the columns are Boston's, and
            else Portland's.

    Raises:
        UnreadableRowsError: A cell is missing or cannot be read, or there is no such city.
    """
    with _opened(path) as file:
        records = _numbered(file)
        line, first = next(records, (0, None))
        if first is None:
            raise UnreadableRowsError(f"{path}: there is no request in it")
        city = catalogue.jurisdictions.get(city_id or _owner_of(first))
        if city is None:
            raise UnreadableRowsError(f"no city {city_id} in the catalogue")
        zone = ZoneInfo(city.timezone)
        rows = [_row(n, record, city, zone) for n, record in ((line, first), *records)]
    return RequestHistory(city, sorted(rows, key=lambda row: (row.reported_at, row.request_id)))


def city_of(path: Path, city_id: str | None = None) -> str:
    """Return whose requests a file holds: as it is said, else as the columns say."""
    with _opened(path) as file:
        return city_id or _owner_of(next(_numbered(file), (0, {}))[1])


def _owner_of(record: Mapping[str, Any]) -> str:
    return "boston.gov" if _BOSTON_ID in record else "portland.gov"


def read_pairs(path: Path) -> list[tuple[str, str]]:
    """Read labelled duplicates: each request's id and that of an earlier one of the same problem.

    Raises:
        UnreadableRowsError: The columns are neither ours nor those of Boston's pairs.
    """
    with _opened(path) as file:
        records = [record for _, record in _numbered(file)]
    for duplicate, parent in _PAIR_NAMES:
        if not records or {duplicate, parent} <= records[0].keys():
            return [(str(record[duplicate]), str(record[parent])) for record in records]
    raise UnreadableRowsError(f"{path}: columns request_id and duplicate_of are missing")


@contextmanager
def _opened(path: Path) -> Iterator[TextIO]:
    with path.open("rb") as raw:
        compressed = raw.read(len(_GZIP)) == _GZIP
    with gzip.open(path, "rb") if compressed else path.open("rb") as plain:
        yield TextIOWrapper(plain, encoding="utf-8-sig", errors="replace", newline="")


def _numbered(file: TextIO) -> Iterator[tuple[int, Mapping[str, Any]]]:
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


def _row(line: int, record: Mapping[str, Any], city: Jurisdiction, zone: tzinfo) -> PastRequest:
    try:
        cells = {field: _cell(record, names) for field, names in _NAMES.items()}
        named = cells["kind"]
        code = _code(_OF_CAMPSITES.get(named, named) if _IS_VEHICLE in record else named, city)
        return PastRequest(
            request_id=_needed(cells["request_id"]),
            reported_at=_time(_needed(cells["reported_at"]), zone),
            kind=code or city.other_code,
            is_mapped=code is not None,
            latitude=_number(cells["latitude"]),
            longitude=_number(cells["longitude"]),
            address=" ".join(cells["address"].split()) or None,
            description=cells["description"] or cells["kind"],
        )
    except ValueError as error:
        raise UnreadableRowsError(f"line {line}: {error}") from None


def _cell(record: Mapping[str, Any], names: Iterable[str]) -> str:
    value = next((record[name] for name in names if record.get(name) is not None), "")
    return str(value).strip()


def _code(kind: str, city: Jurisdiction) -> str | None:
    return kind if kind in city.services else city.export_types.get(kind)


def _needed(cell: str) -> str:
    if not cell:
        raise ValueError("the id or the time is missing")
    return cell


def _time(cell: str, zone: tzinfo) -> datetime:
    try:
        time = datetime.fromisoformat(cell)
    except ValueError:
        raise ValueError("the time cannot be read") from None
    return time if time.tzinfo else time.replace(tzinfo=zone)


def _number(cell: str) -> float | None:
    try:
        return float(cell) if cell else None
    except ValueError:
        raise ValueError("a coordinate is no number") from None
