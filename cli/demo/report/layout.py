"""How the parts of the summary look."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text


def heading(text: str) -> Text:
    """Return the line above a part."""
    return Text(f"\n{text}", style="bold cyan")


def table(*columns: str, rows: Iterable[tuple[object, ...]]) -> Table:
    """Return a table whose first column is text and whose others are figures, or text at the end.

    A column whose name ends with ``:`` is text.
    """
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for number, name in enumerate(columns):
        is_text = number == 0 or name.endswith(":")
        made.add_column(
            name.removesuffix(":"),
            justify="left" if is_text else "right",
            no_wrap=not is_text,
        )
    for row in rows:
        made.add_row(*(figure(cell) for cell in row))
    return made


def figure(cell: object) -> Text:
    """Return a cell: numbers with commas between the thousands, nothing for zero."""
    if isinstance(cell, int):
        return Text(f"{cell:,}" if cell else "")
    return Text(str(cell))


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return the number with its noun."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Return words as people list them; "none" for none."""
    *first, last = [*words] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
