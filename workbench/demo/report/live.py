"""Live view of a run: progress bars on a terminal, plain lines elsewhere."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from itertools import islice
from typing import NamedTuple

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from shared.catalogue import Jurisdiction
from workbench.demo.run.bureaus import URGENT
from workbench.demo.run.latency import seconds_to_bureau
from workbench.demo.run.observations import LeadOrder, Observations
from workbench.demo.run.runner import DemoProgress

_LINE_EVERY_S = 3.0
_URGENT_SHOWN = 4
_BAR_WIDTH = 30


class UrgentProblem(NamedTuple):
    """An urgent problem that reached a bureau, in words.

    Attributes:
        what: Priority, kind and address.
        then: Bureau, latency, and whether a reporter got the advice to call 911.
    """

    what: str
    then: str


@asynccontextmanager
async def live_view(
    console: Console, progress: DemoProgress, city: Jurisdiction
) -> AsyncGenerator[None, None]:
    """Show the progress while the block runs.

    Args:
        progress: Read several times a second.
    """
    if console.is_terminal:
        with Live(
            get_renderable=lambda: progress_bars(progress, city),
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
        console.print(progress_line(progress), soft_wrap=True)


def progress_bars(progress: DemoProgress, city: Jurisdiction) -> RenderableType:
    """Return a bar for each stage of the router, and the latest urgent problems."""
    seen, scenario = progress.seen, progress.scenario
    table = Table(box=None, show_header=False, padding=(0, 1))
    for name, done, total in (
        ("submitted", progress.clock.delivered, len(scenario.deliveries)),
        ("answered", seen.receipts, len(scenario.submissions)),
        ("decided", len(seen.decisions), max(len(seen.accepted), 1)),
        ("at a bureau", len(seen.leads), max(len(seen.cases), 1)),
        ("bureaus' updates", len(seen.updates), max(progress.updates, 1)),
    ):
        bar = ProgressBar(total, min(done, total), width=_BAR_WIDTH)
        table.add_row(name, bar, f"{done:,} of {total:,}")
    table.add_row("messages sent", "", f"{len(seen.sent):,}")
    urgent = [
        Text(f"{problem.what}\n   {problem.then}", overflow="ellipsis", no_wrap=True)
        for problem in latest_urgent(seen, city, _URGENT_SHOWN)
    ]
    now = f"{scenario.on:%A, %B %-d}, {progress.clock.now:%H:%M}"
    head = f"[bold]{now}[/]  {escape(progress.phase)}"
    return Group(head, table, Text("Latest urgent problems", style="bold"), *urgent)


def progress_line(progress: DemoProgress) -> str:
    """Return the progress in one line."""
    seen = progress.seen
    return (
        f"{progress.clock.now:%H:%M}  {seen.receipts:,} answered, "
        f"{len(seen.decisions):,} decided, {len(seen.leads):,} problems at a bureau, "
        f"{len(seen.updates):,} updates, {len(seen.sent):,} messages"
    )


def latest_urgent(seen: Observations, city: Jurisdiction, limit: int) -> list[UrgentProblem]:
    """Return the last urgent problems that reached their leading bureau, the latest last.

    Args:
        limit: Number of problems at most.
    """
    newest_first = (
        lead for lead in reversed(seen.leads.values()) if lead.order.priority.level in URGENT
    )
    latest = reversed([*islice(newest_first, limit)])
    return [_urgent_problem(seen, city, lead) for lead in latest]


def _urgent_problem(seen: Observations, city: Jurisdiction, lead: LeadOrder) -> UrgentProblem:
    order = lead.order
    seconds = seconds_to_bureau(seen, lead)
    took = f" after {seconds:.1f} s" if seconds is not None else ""
    joined = seen.requests_of_case.get(order.case_id, ())
    decisions = (seen.decisions.get(request_id) for request_id in joined)
    advised = any(decision.emergency for decision in decisions if decision)
    return UrgentProblem(
        f"{order.priority.level} {order.service_name}, {order.location.address or 'no address'}",
        f"at {city.bureaus[order.bureau].name}{took}"
        + ("; the reporter was told to call 911" if advised else ""),
    )


async def _print_lines(console: Console, progress: DemoProgress) -> None:
    while True:
        await asyncio.sleep(_LINE_EVERY_S)
        console.print(progress_line(progress), soft_wrap=True)
