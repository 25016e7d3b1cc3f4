"""``route311 demo``: the whole router, one day, and what became of it."""

import asyncio
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.demo.scenario import make_day
from cli.demo.scenario.routine import TIMEZONE
from cli.interrupts import run
from cli.stack_view import StackView
from shared.runtime.clock import utc_now

FEWEST = 150
USUAL = 2_500
_FRIDAY = 4

KeepOption = Annotated[bool, typer.Option("--keep", help="Leave it running until Ctrl-C.")]
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the demo's data; made anew.")]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed gives another day.")]
RequestsOption = Annotated[int, typer.Option("--requests", min=FEWEST, hidden=True)]


def demo(
    keep: KeepOption = False,
    data: DataOption = Path(".route311-demo"),
    seed: SeedOption = 311,
    requests: RequestsOption = USUAL,
) -> None:
    """Start everything, play one day in Portland, and end with a summary.

    The day is made up, the router is real: Kafka, PostgreSQL and the services run on this
    machine for as long as the demo does. Exit code 1 when anything that was handed in got lost.
    """
    view = StackView()
    lost = run(_demo(data, seed, requests, view, keep=keep))
    if keep:
        view.stopped()
    if lost:
        raise typer.Exit(1)


async def _demo(data: Path, seed: int, requests: int, view: StackView, *, keep: bool) -> int:
    from cli.demo.session import play_on  # noqa: PLC0415 - slow to load
    from deploy.local.supervisor import running_stack  # noqa: PLC0415 - slow to load

    console = Console(highlight=False)
    day = make_day(seed, a_working_day_before(utc_now().astimezone(TIMEZONE).date()), requests)
    console.print("Starting Kafka, PostgreSQL and the services …")
    began = time.monotonic()
    async with running_stack(data, fresh=True, report=view.show) as stack:
        console.print(f"[green]The router is ready[/] after {time.monotonic() - began:.1f} s.")
        lost = await play_on(stack, day, console, data, keep=keep)
        if keep:
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            view.stopping()
    return lost


def a_working_day_before(today: date) -> date:
    """Return the latest Monday to Friday that is over."""
    day = today - timedelta(days=1)
    while day.weekday() > _FRIDAY:
        day -= timedelta(days=1)
    return day
