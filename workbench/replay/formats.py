"""Formats of replayed files: cities' exports, Open311 answers, and submissions as JSON Lines."""

import json
from collections.abc import Iterator, Mapping
from datetime import time
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO

from pydantic import ValidationError

from shared.catalogue import Catalogue, Jurisdiction
from shared.contract.events import SubmissionReceived, invalid_fields
from shared.csv_text import open_text
from workbench.evaluation.export_formats import (
    BOSTON,
    CHICAGO,
    NYC,
    OPEN311,
    PORTLAND_CAMPSITES,
    SF,
    SF_API,
    ExportFormat,
    column_name,
)
from workbench.evaluation.exports import PastRequest, parse_row
from workbench.replay.records import read_records
from workbench.replay.rows import Row, Sendable, UnreadableFileError, Unsendable, submission

OPEN = "open311"
_SUBMISSIONS = "submissions"
_EXPORTS: Mapping[str, tuple[ExportFormat, ...]] = {
    "boston": (BOSTON,),
    "sf": (SF, SF_API),
    "nyc": (NYC,),
    "chicago": (CHICAGO,),
    "portland-campsites": (PORTLAND_CAMPSITES,),
    OPEN: (OPEN311,),
}
FORMATS = (*_EXPORTS, _SUBMISSIONS)

_NOON = time(12)
_ID_DIGITS = 32
_CHANNELS = {
    "citizens connect app": "app",
    "constituent call": "phone",
    "self service": "web",
    "maximo integration": "kafka",
    "mobile": "app",
    "mobile device": "app",
    "mobile/open311": "app",
    "phone": "phone",
    "phone call": "phone",
    "email": "email",
    "e-mail": "email",
    "open311 interface": "open311",
    "integrated agency": "kafka",
    "walk-in": "walk_in",
}
_CAMPSITE_DESCRIPTIONS = {"CAMP-REPORT": "Campsite", "VEH-CAMP": "Vehicle at a campsite"}


def read_rows(
    file: TextIO, name: str, catalogue: Catalogue, city_id: str | None = None
) -> Iterator[Row]:
    """Read each row of a file as a submission.

    Args:
        name: Name of the format, which becomes part of the events' source.
        city_id: The city; None for the one that publishes exports of this format.

    Raises:
        UnreadableFileError: The file is not of this format, or a column is missing.
    """
    if name == _SUBMISSIONS:
        yield from _read_submissions(file)
        return
    columns, records = read_records(file)
    known = _EXPORTS[name]
    export = next((one for one in known if columns is None or one.has(columns)), known[0])
    missing = export.required_columns - set(columns or export.required_columns)
    if missing:
        raise UnreadableFileError(f"columns are missing: {', '.join(sorted(missing))}")
    city = catalogue.jurisdictions[city_id or export.city_id]
    for line, record in records:
        yield _read_row(line, record, name, export, city)


def _read_row(
    line: int, record: Mapping[str, Any], name: str, export: ExportFormat, city: Jurisdiction
) -> Row:
    """Return a row; where the export has days instead of times, noon stands for the time."""
    try:
        row = parse_row(record, export, city, _NOON)
    except ValueError as error:
        return Unsendable(line, json.dumps(record, ensure_ascii=False), str(error))
    data = _submission_data(row, record, export, city)
    event = submission(name, row.request_id, row.reported_at.isoformat(), data)
    return Sendable(line, event, row.unmapped)


def _submission_data(
    row: PastRequest, record: Mapping[str, Any], export: ExportFormat, city: Jurisdiction
) -> dict[str, Any]:
    """Return the data of a submission; a change to them breaks the idempotency of replays."""
    address = {"address": row.address} if export.address else {}
    channel = str(record.get(export.channel) or "").strip().casefold()
    return {
        "jurisdiction": city.id,
        "channel": OPEN if export is OPEN311 else _CHANNELS.get(channel, "web"),
        "service_code": row.kind,
        "description": _CAMPSITE_DESCRIPTIONS.get(row.kind, row.description),
        "language": "en",
        "location": {"latitude": row.latitude, "longitude": row.longitude, **address},
    }


def _read_submissions(file: TextIO) -> Iterator[Row]:
    """Read each line of JSON as a CloudEvent or as the data of a submission.

    Data without an envelope gets a hash of its text as id, so that a second replay is idempotent.
    """
    for line, text in enumerate(file, start=1):
        if text.strip():
            yield _read_submission(line, text.strip())


def _read_submission(line: int, text: str) -> Row:
    try:
        found: Any = json.loads(text)
    except ValueError:
        return Unsendable(line, text, "no JSON")
    if not isinstance(found, dict):
        return Unsendable(line, text, "no JSON object")
    if "specversion" not in found:
        row_id = sha256(text.encode()).hexdigest()[:_ID_DIGITS]
        event = submission(_SUBMISSIONS, row_id, found.pop("time", None), found)
        return Sendable(line, event)
    try:
        return Sendable(line, SubmissionReceived.model_validate(found))
    except ValidationError as error:
        return Unsendable(line, text, invalid_fields(error))


def format_of(path: Path) -> str:
    """Return the format that the file's first line indicates.

    Raises:
        UnreadableFileError: It indicates none.
    """
    with open_text(path, errors="replace") as file:
        first = file.readline().lstrip()
    if first.startswith("{"):
        return _SUBMISSIONS
    if first.startswith(("[", "<")):
        return OPEN
    columns = {column_name(column.strip().strip('"')) for column in first.split(",")}
    for name, exports in _EXPORTS.items():
        if any(export.has(columns) for export in exports):
            return name
    raise UnreadableFileError(
        f"{path}: not a format known here; say which with --format {'/'.join(FORMATS)}"
    )
