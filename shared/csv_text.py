"""CSV (RFC 4180) files: read plain or compressed, written without formula injection.

No cell of text that is written is a formula in a spreadsheet.
"""

import csv
import gzip
import io
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO
from unicodedata import category, normalize

_GZIP = b"\x1f\x8b"
_FORMULA = "=+-@"
_SEPARATORS = "\t\r\n"


@contextmanager
def open_text(path: Path, *, errors: Literal["strict", "replace"]) -> Generator[TextIO]:
    """Open a text file in UTF-8, plain or compressed with gzip.

    Args:
        errors: Treatment of other bytes, as for ``open``.
    """
    with path.open("rb") as raw:
        is_compressed = raw.read(len(_GZIP)) == _GZIP
    with gzip.open(path, "rb") if is_compressed else path.open("rb") as plain:
        yield io.TextIOWrapper(plain, encoding="utf-8-sig", errors=errors, newline="")


def csv_text(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> str:
    """Return rows as CSV with a header line; None is an empty cell.

    A text that a spreadsheet would take for a formula has an apostrophe before it. Spreadsheets
    ignore leading white space and invisible characters, and read full-width signs like ASCII's.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def nested_csv(first: Sequence[str], rows: Sequence[Mapping[str, object]]) -> str:
    """Return objects as CSV, the names of ``first`` first; a mapping has a column for each part.

    A row with None in place of a mapping has empty cells in these columns.
    """
    nested = {name for row in rows for name, value in row.items() if isinstance(value, Mapping)}
    flat = [dict(_flat(row)) for row in rows]
    names = dict.fromkeys([*first, *(name for row in flat for name in row if name not in nested)])
    return csv_text([*names], [[row.get(name) for name in names] for row in flat])


def _flat(row: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in row.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}_{part}", one) for part, one in value.items())
        else:
            yield name, value


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    first = next((one for one in text if category(one)[0] not in "ZC"), "")
    return text.startswith(tuple(_SEPARATORS)) or normalize("NFKC", first) in tuple(_FORMULA)
