"""Where to look further."""

import json
from collections.abc import Iterator

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from cli.demo.report.layout import heading
from cli.demo.report.outcome import Outcome, StatusPage


def next_steps(outcome: Outcome) -> Iterator[RenderableType]:
    """Show one status page, and say where everything lies."""
    if outcome.page:
        yield from _status_page(outcome.page)
    yield heading("Where to look further")
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, where in _places(outcome):
        table.add_row(name, where)
    yield table
    if outcome.stays:
        yield Text("The router goes on running. Ctrl-C stops it.", style="bold")
    else:
        yield Text("The router has stopped; `route311 demo --keep` leaves it running.")


def _status_page(page: StatusPage) -> Iterator[RenderableType]:
    yield heading("What a resident sees")
    yield Text(f"GET {page.url}", overflow="fold")
    yield Text(json.dumps(page.answer, indent=2, ensure_ascii=False), overflow="fold")


def _places(outcome: Outcome) -> list[tuple[str, str]]:
    places = [
        ("messages", f"{outcome.stack.mail_folder}/*.eml"),
        ("logs", f"{outcome.data.absolute()}/logs"),
    ]
    if not outcome.stays:
        return places
    return [
        *places,
        ("addresses, keys", f"{outcome.data.absolute()}/stack.json"),
        ("state", f"route311 status --data {outcome.data}"),
        ("one more report", f'route311 submit "Tree down on Main St" --data {outcome.data}'),
        ("metrics", f"{outcome.stack.triage}/metrics"),
    ]
