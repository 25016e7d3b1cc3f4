"""CSV (RFC 4180) without formula injection: no cell of text is a formula in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from unicodedata import category, normalize

_FORMULA = "=+-@"
_SEPARATORS = "\t\r\n"


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


def _cell(value: object) -> object:
    return f"'{value}" if isinstance(value, str) and _is_formula(value) else value


def _is_formula(text: str) -> bool:
    first = next((one for one in text if category(one)[0] not in "ZC"), "")
    return text.startswith(tuple(_SEPARATORS)) or normalize("NFKC", first) in tuple(_FORMULA)
