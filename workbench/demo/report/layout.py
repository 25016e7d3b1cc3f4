"""Layout of the summary: headings, tables and numbers in sentences."""

from collections.abc import Iterable, Sequence

from rich.text import Text

from cli.terminal import FittedTable


def heading(text: str) -> Text:
    """Return the heading of a section."""
    return Text(f"\n{text}", style="bold cyan")


def table(*columns: str, rows: Iterable[Sequence[object]]) -> FittedTable:
    """Return a table of numbers, with blanks for zeros."""
    return FittedTable(columns, [["" if value == 0 else value for value in row] for row in rows])


def counted(count: int, one: str, many: str | None = None) -> str:
    """Return a number with its noun.

    Args:
        many: The noun in plural; by default the singular with an s.
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def listed(words: Iterable[str]) -> str:
    """Return words joined by commas and "and"; "none" for none."""
    *first, last = [*words] or ["none"]
    return f"{', '.join(first)} and {last}" if first else last
