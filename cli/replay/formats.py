"""The formats that can be replayed, and which a file is in."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO, TypeAlias

from cli.replay.boston import read_boston
from cli.replay.portland_campsites import read_portland_campsites
from cli.replay.rows import Row, UnreadableFileError, opened
from cli.replay.submissions import read_submissions
from shared.catalogue import Catalogue

Format: TypeAlias = Callable[[TextIO, Catalogue], Iterator[Row]]

FORMATS: dict[str, Format] = {
    "boston": lambda file, catalogue: read_boston(file, catalogue.jurisdictions["boston.gov"]),
    "portland-campsites": lambda file, catalogue: read_portland_campsites(
        file, catalogue.jurisdictions["portland.gov"]
    ),
    "submissions": lambda file, _: read_submissions(file),
}

_TELLTALE = {"case_enquiry_id": "boston", "inc_id": "portland-campsites"}


def format_of(path: Path) -> str:
    """Return the format that the file's first line gives away.

    Raises:
        UnreadableFileError: It gives none away.
    """
    with opened(path) as file:
        first = file.readline()
    if first.lstrip().startswith("{"):
        return "submissions"
    columns = {column.strip() for column in first.split(",")}
    for column, name in _TELLTALE.items():
        if column in columns:
            return name
    raise UnreadableFileError(
        f"{path}: not a format known here; say which with --format {'/'.join(FORMATS)}"
    )
