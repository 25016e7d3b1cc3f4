"""Formats of replayed files: exports of Boston and Portland, and submissions as JSON Lines."""

import csv
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import time
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from pydantic import ValidationError

from shared.catalogue import Catalogue, Jurisdiction
from shared.contract.events import SubmissionReceived, invalid_fields
from shared.csv_text import open_text
from workbench.evaluation.exports import (
    BOSTON,
    PORTLAND_CAMPSITES,
    ExportFormat,
    PastRequest,
    parse_row,
)
from workbench.replay.rows import Row, Sendable, UnreadableFileError, Unsendable, submission

Format: TypeAlias = Callable[[TextIO, Catalogue], Iterator[Row]]

_NOON = time(12)
_ID_DIGITS = 32
_BOSTON_CHANNELS = {
    "Citizens Connect App": "app",
    "Constituent Call": "phone",
    "Self Service": "web",
    "Maximo Integration": "kafka",
}
_CAMPSITE_DESCRIPTIONS = {"CAMP-REPORT": "Campsite", "VEH-CAMP": "Vehicle at a campsite"}


def read_export(
    file: TextIO, name: str, columns: ExportFormat, city: Jurisdiction
) -> Iterator[Row]:
    """Read each row of a city's export as a submission.

    Where the export has days instead of times, noon stands for the time.

    Args:
        name: Name of the format, which becomes part of the events' source.

    Raises:
        UnreadableFileError: A column is missing.
    """
    reader = csv.DictReader(file)
    missing = columns.required_columns - set(reader.fieldnames or ())
    if missing:
        raise UnreadableFileError(f"columns are missing: {', '.join(sorted(missing))}")
    for record in reader:
        try:
            row = parse_row(record, columns, city, _NOON)
        except ValueError as error:
            yield Unsendable(reader.line_num, ",".join(record.values()), str(error))
            continue
        data = _submission_data(row, record, columns, city)
        event = submission(name, row.request_id, row.reported_at.isoformat(), data)
        yield Sendable(reader.line_num, event, row.unmapped)


def _submission_data(
    row: PastRequest, record: Mapping[str, Any], columns: ExportFormat, city: Jurisdiction
) -> dict[str, Any]:
    """Return the data of a submission; a change to them breaks the idempotency of replays."""
    address = {"address": row.address} if columns.address else {}
    return {
        "jurisdiction": city.id,
        "channel": _BOSTON_CHANNELS.get(record.get("source") or "", "web"),
        "service_code": row.kind,
        "description": _CAMPSITE_DESCRIPTIONS.get(row.kind, row.description),
        "language": "en",
        "location": {"latitude": row.latitude, "longitude": row.longitude, **address},
    }


def read_submissions(file: TextIO) -> Iterator[Row]:
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
        return Sendable(line, submission("submissions", row_id, found.pop("time", None), found))
    try:
        return Sendable(line, SubmissionReceived.model_validate(found))
    except ValidationError as error:
        return Unsendable(line, text, invalid_fields(error))


def _export(name: str, columns: ExportFormat) -> Format:
    return lambda file, catalogue: read_export(
        file, name, columns, catalogue.jurisdictions[columns.city_id]
    )


_EXPORTS = {"boston": BOSTON, "portland-campsites": PORTLAND_CAMPSITES}

FORMATS: Mapping[str, Format] = {
    **{name: _export(name, columns) for name, columns in _EXPORTS.items()},
    "submissions": lambda file, _: read_submissions(file),
}


def format_of(path: Path) -> str:
    """Return the format that the file's first line indicates.

    Raises:
        UnreadableFileError: It indicates none.
    """
    with open_text(path, errors="replace") as file:
        first = file.readline()
    if first.lstrip().startswith("{"):
        return "submissions"
    columns = {column.strip() for column in first.split(",")}
    for name, export in _EXPORTS.items():
        if export.request_id in columns:
            return name
    raise UnreadableFileError(
        f"{path}: not a format known here; say which with --format {'/'.join(FORMATS)}"
    )
