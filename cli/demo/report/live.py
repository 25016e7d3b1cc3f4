"""What is going on, while it does: bars on a terminal, plain lines elsewhere."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from cli.demo.report.urgent import latest_urgent
from cli.demo.run.runner import Progress
from shared.catalogue import Jurisdiction

_LINE_EVERY_S = 3.0
_URGENT_SHOWN = 4
_BAR_WIDTH = 30


@asynccontextmanager
async def shown(
    console: Console, progress: Progress, city: Jurisdiction
) -> AsyncGenerator[None, None]:
    """Show how far the play is for as long as the block lasts."""
    if console.is_terminal:
        with Live(
            get_renderable=lambda: picture(progress, city),
            console=console,
            refresh_per_second=4,
            transient=True,
        ):
            yield
        return
    lines = asyncio.ensure_future(_print_lines(console, progress))
    try:
        yield
    finally:
        lines.cancel()
        with suppress(asyncio.CancelledError):
            await lines
        console.print(line(progress), soft_wrap=True)


def picture(progress: Progress, city: Jurisdiction) -> RenderableType:
    """Return how far each stage is, and the latest urgent problems."""
    facts, day = progress.facts, progress.day
    reports = len(day.reports)
    table = Table(box=None, show_header=False, padding=(0, 1))
    bars = (
        ("handed in", progress.clock.handed_in, len(day.deliveries)),
        ("answered", facts.answered, reports),
        ("decided", len(facts.decisions), max(len(facts.accepted), 1)),
        ("at a bureau", len(facts.leads), max(len(facts.cases), 1)),
        ("bureaus' updates", len(facts.updates), max(progress.updates, 1)),
    )
    for name, done, total in bars:
        bar = ProgressBar(total, min(done, total), width=_BAR_WIDTH)
        table.add_row(name, bar, f"{done:,} of {total:,}")
    table.add_row("messages sent", "", f"{len(facts.sent):,}")
    words = [
        Text(f"{urgent.what}\n   {urgent.then}", overflow="ellipsis", no_wrap=True)
        for urgent in latest_urgent(facts, city, _URGENT_SHOWN)
    ]
    head = f"[bold]{day.on:%A, %B %-d}, {progress.clock.now:%H:%M}[/]  {escape(progress.scene)}"
    return Group(head, table, Text("Latest urgent problems", style="bold"), *words)


def line(progress: Progress) -> str:
    """Return how far the play is in one line."""
    facts = progress.facts
    return (
        f"{progress.clock.now:%H:%M}  {facts.answered:,} answered, "
        f"{len(facts.decisions):,} decided, {len(facts.leads):,} problems at a bureau, "
        f"{len(facts.updates):,} updates, {len(facts.sent):,} messages"
    )


async def _print_lines(console: Console, progress: Progress) -> None:
    while True:
        await asyncio.sleep(_LINE_EVERY_S)
        console.print(line(progress), soft_wrap=True)
