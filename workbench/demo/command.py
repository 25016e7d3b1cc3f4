"""``route311 demo``: a router on this machine, one simulated day, and a summary of it."""

import asyncio
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.interrupts import run
from cli.up import StackView
from shared.runtime.clock import utc_now
from workbench.demo.scenario import make_scenario
from workbench.demo.scenario.stories import TIMEZONE

MIN_REQUESTS = 150
DEFAULT_REQUESTS = 2_500
_SETTINGS = {
    "NOTIFY_QUIET_HOURS": "off",  # the day is played in seconds
    "INTAKE_FORMS_PER_MINUTE": "60000",  # all residents have one address
    "INTAKE_ADDRESS_PER_SECOND": "1000",
}

KeepOption = Annotated[bool, typer.Option("--keep", help="Leave it running until Ctrl-C.")]
DataOption = Annotated[
    Path, typer.Option("--data", help="Folder of the demo's data; emptied first.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="Another seed gives another day.")]
RequestsOption = Annotated[int, typer.Option("--requests", min=MIN_REQUESTS, hidden=True)]


def demo(
    keep: KeepOption = False,
    data: DataOption = Path(".route311-demo"),
    seed: SeedOption = 311,
    requests: RequestsOption = DEFAULT_REQUESTS,
) -> None:
    """Start everything, play one day in Portland, and end with a summary.

    The day is made up, the router is real: Kafka, PostgreSQL and the services run on this
    machine for as long as the demo does. Exit code 1 if anything that was submitted got lost.

    Example: `route311 demo --keep`
    """
    view = StackView()
    lost = run(_demo(data, seed, requests, view, keep=keep))
    if keep:
        view.stopped()
    if lost:
        raise typer.Exit(1)


async def _demo(data: Path, seed: int, requests: int, view: StackView, *, keep: bool) -> int:
    from deploy.local.supervisor import running_stack  # noqa: PLC0415 - slow to load
    from workbench.demo.report.summary import print_summary  # noqa: PLC0415 - slow to load
    from workbench.demo.session import run_scenario  # noqa: PLC0415 - slow to load

    console = Console(highlight=False)
    # Reports by web, mail and text have the present time, and the surge watcher drops what is 48
    # hours behind: so the day before, also at a weekend.
    yesterday = utc_now().astimezone(TIMEZONE).date() - timedelta(days=1)
    scenario = make_scenario(seed, yesterday, requests)
    console.print("Starting Kafka, PostgreSQL and the services …")
    began = time.monotonic()
    async with running_stack(data, fresh=True, report=view.show, settings=_SETTINGS) as stack:
        console.print(f"[green]The router is ready[/] after {time.monotonic() - began:.1f} s.")
        result = await run_scenario(stack, scenario, console, data, keep=keep)
        print_summary(console, result)
        if keep:
            view.runs(stack)
            with suppress(asyncio.CancelledError):
                await asyncio.Event().wait()
            view.stopping()
    return result.lost
