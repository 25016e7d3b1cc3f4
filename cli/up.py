"""``route311 up``: a router with Kafka and PostgreSQL on this machine."""

import asyncio
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import DEFAULT_DATA
from cli.interrupts import InterruptedRunError, run
from cli.stack_view import StackView

DataOption = Annotated[Path, typer.Option("--data", help="Folder of the router's data.")]
FreshOption = Annotated[bool, typer.Option("--fresh", help="Delete the folder's data first.")]


def up(data: DataOption = DEFAULT_DATA, fresh: FreshOption = False) -> None:
    """Start Kafka, PostgreSQL and the services here.

    They run until Ctrl-C; a service that dies is started again. The data stay in the folder.
    """
    view = StackView()
    with suppress(InterruptedRunError):
        run(_up(data, view, fresh=fresh))
    view.stopped()


async def _up(data: Path, view: StackView, *, fresh: bool) -> None:
    from deploy.local.supervisor import running_stack  # noqa: PLC0415 - slow to load

    began = time.monotonic()
    async with running_stack(data, fresh=fresh, report=view.show) as stack:
        view.ready(stack, data, time.monotonic() - began)
        try:
            await asyncio.Event().wait()
        finally:
            view.stopping()
