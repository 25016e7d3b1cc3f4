"""Text from and to a terminal: times as options, untrusted bytes, and tables that fit."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import typer
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

_UNBOUNDED = 10_000
_AGO = re.compile(r"(\d{1,6})\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_moment(text: str, now: datetime) -> datetime:
    """Parse ``90s``, ``30m``, ``6h`` or ``2d`` ago, or an RFC 3339 time with offset."""
    if found := _AGO.fullmatch(text.strip()):
        return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write 30m, 6h, 2d, or a time such as 2026-11-24T08:00Z") from None
    if at.tzinfo is None:
        raise typer.BadParameter("add the offset from UTC, as in 2026-11-24T08:00Z")
    return at.astimezone(UTC)


def parse_duration(text: str) -> timedelta:
    """Parse a duration: ``90s``, ``30m``, ``6h`` or ``90d``."""
    if found := _AGO.fullmatch(text.strip()):
        return timedelta(**{_UNITS[found[2]]: int(found[1])})
    raise typer.BadParameter("write 30m, 6h or 90d")


@dataclass(frozen=True, slots=True)
class FittedTable:
    """A table; if it is too wide, one block of ``heading  value`` per row.

    It is too wide if a word or id would be broken. None is shown as ``-``, times in UTC, numbers
    with commas and right-aligned.
    """

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = ""  # instead of a table without rows

    def print_to(self, console: Console) -> None:
        """Print it."""
        console.print(self if self.rows else self.empty)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield the table or the blocks, by the available width."""
        table = Table(box=None, pad_edge=False)
        for heading, *column in zip(self.headings, *self.rows, strict=True):
            table.add_column(
                heading,
                overflow="fold",
                justify="right" if all(map(_is_number, column)) else "left",
                no_wrap=not any(" " in str(value) for value in column),
            )
        for row in self.rows:
            table.add_row(*map(_cell, row))
        for gap in (2, 1):
            table.padding = (0, gap, 0, 0)
            needed = console.measure(table, options=options.update(max_width=_UNBOUNDED))
            if needed.minimum <= options.max_width:
                yield table
                return
        for number, row in enumerate(self.rows):
            if number:
                yield ""
            yield facts_grid(zip(self.headings, row, strict=True))


def print_json(answer: object) -> None:
    """Print one JSON object, with times in ISO 8601."""
    typer.echo(json.dumps(answer, default=lambda at: at.isoformat()))


def print_found(answer: object, shown: str | Callable[[Console], None], *, as_json: bool) -> None:
    """Print one JSON object, or the answer for people: a text, or what a function prints."""
    if as_json:
        print_json(answer)
    elif isinstance(shown, str):
        typer.echo(shown)
    else:
        shown(Console(highlight=False))


def show_table(
    console: Console, headings: Sequence[str], rows: Sequence[Sequence[object]], empty: str = ""
) -> None:
    """Print a table that fits the terminal, or ``empty`` for no rows."""
    FittedTable(headings, rows, empty).print_to(console)


def show_facts(console: Console, facts: Iterable[tuple[str, object]]) -> None:
    """Print ``name  value`` lines; a long value is folded below itself."""
    console.print(facts_grid(facts))


def facts_grid(facts: Iterable[tuple[str, object]]) -> Table:
    """Return ``name  value`` lines; a long value is folded below itself."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in facts:
        grid.add_row(Text(name), _cell(value))
    return grid


def _is_number(value: object) -> bool:
    return isinstance(value, int) or value == ""


def _cell(value: object) -> Text:
    if isinstance(value, datetime):
        return Text(f"{value.astimezone(UTC):%Y-%m-%d %H:%M}")
    if isinstance(value, int):
        return Text(f"{value:,}")
    return Text("-" if value is None else "\n".join(map(printable, str(value).splitlines())))


def printable(value: bytes | str) -> str:
    """Escape every invisible character, such as controls, line ends and direction marks."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else value
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode("ascii")
        for c in text
    )
