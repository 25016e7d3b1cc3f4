"""What an export's row becomes: a submission, or a reason why it cannot be sent."""

import csv
import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO, TypeAlias

from shared.contract.events import SubmissionHandedIn
from shared.errors import Route311Error


class UnreadableFileError(Route311Error):
    """The file is not what its format says."""

    code = "unreadable_file"


@dataclass(frozen=True, slots=True)
class Sendable:
    """One row as a submission.

    Attributes:
        unmapped: The export's own type when the catalogue has no kind for it; the row is sent
            as the jurisdiction's OTHER.
    """

    line: int
    event: SubmissionHandedIn
    unmapped: str | None = None


@dataclass(frozen=True, slots=True)
class Unsendable:
    """One row that is no submission, as it was, and why."""

    line: int
    raw: str
    reason: str


Row: TypeAlias = Sendable | Unsendable
Reader: TypeAlias = Callable[[TextIO], Iterator[Row]]


@contextmanager
def opened(path: Path) -> Iterator[TextIO]:
    """Open a text file, compressed with gzip or plain."""
    with path.open("rb") as raw:
        compressed = raw.read(2) == b"\x1f\x8b"
    with gzip.open(path, "rb") if compressed else path.open("rb") as plain:
        yield TextIOWrapper(plain, encoding="utf-8-sig", errors="replace", newline="")


def csv_rows(
    file: TextIO, columns: frozenset[str], convert: Callable[[int, dict[str, str]], Row]
) -> Iterator[Row]:
    """Convert each row of a CSV file with a header.

    Raises:
        UnreadableFileError: A column is missing.
    """
    reader = csv.DictReader(file)
    missing = columns - set(reader.fieldnames or ())
    if missing:
        raise UnreadableFileError(f"columns are missing: {', '.join(sorted(missing))}")
    for row in reader:
        values = {name: (value or "").strip() for name, value in row.items() if name}
        try:
            yield convert(reader.line_num, values)
        except ValueError as error:
            yield Unsendable(reader.line_num, ",".join(row.values()), str(error))


def coordinate(row: dict[str, str], column: str) -> float | None:
    """Return a coordinate in degrees, None when the cell is empty.

    Raises:
        ValueError: The cell holds no number.
    """
    if not row[column]:
        return None
    try:
        return float(row[column])
    except ValueError:
        raise ValueError(f"{column}: no number") from None


def submission(
    export: str, row_id: str, time: str | None, data: dict[str, Any]
) -> SubmissionHandedIn:
    """Return the envelope of a row; the same row gives the same event at every replay.

    Raises:
        ValueError: The row has no id of its own.
    """
    if not row_id:
        raise ValueError("the row has no id")
    return SubmissionHandedIn(id=row_id, source=f"/replay/{export}", time=time, data=data)
