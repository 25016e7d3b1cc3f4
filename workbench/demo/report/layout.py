"""Layout of the summary: headings, tables and numbers in sentences."""

from collections.abc import Iterable

from rich.table import Table
from rich.text import Text


def heading(text: str) -> Text:
    """Return the heading of a section."""
    return Text(f"\n{text}", style="bold cyan")


def table(*columns: str, rows: Iterable[tuple[object, ...]]) -> Table:
    """Return a table of numbers, with commas between thousands and blanks for zeros.

    The first column is text, as is every column whose name ends with ``:``.
    """
    made = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for number, name in enumerate(columns):
        is_text = number == 0 or name.endswith(":")
        made.add_column(
            name.removesuffix(":"), justify="left" if is_text else "right", no_wrap=not is_text
        )
    for row in rows:
        made.add_row(*map(_cell, row))
    return made


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    Args:
        count: The number.
        one: The noun in singular.
        many: The noun in plural; by default the singular with an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Return words joined by commas and "and"; "none" for none."""
    *first, last = [*words] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last


def _cell(value: object) -> Text:
    if isinstance(value, int):
        return Text(f"{value:,}" if value else "")
    return Text(str(value))
