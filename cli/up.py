"""``route311 up`` and ``env``: a router on this machine, and shell settings for its database."""

import asyncio
import shlex
import time
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from cli.connection import DEFAULT_DATA, DataOption, load_stack
from cli.interrupts import InterruptedRunError, run
from cli.stack_view import StackView

FreshOption = Annotated[bool, typer.Option("--fresh", help="Delete the folder's data first.")]


def up(data: DataOption = DEFAULT_DATA, fresh: FreshOption = False) -> None:
    """Start Kafka, PostgreSQL and the services on this machine.

    They run until Ctrl-C; a service that dies is restarted. The data stay in the folder.

    Example: `route311 up`
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


def env(data: DataOption = DEFAULT_DATA) -> None:
    """Print shell settings for PostgreSQL's programs: eval "$(route311 env)".

    PATH gets pg_dump, psql and others of the server's version, and ROUTE311_ADMIN_DSN its address
    with the password.

    Example: `eval "$(route311 env)"`
    """
    from deploy.local.postgres_files import postgres_programs  # noqa: PLC0415 - only with `up`

    programs = shlex.quote(str(postgres_programs(None)))
    typer.echo(f'export PATH={programs}:"$PATH"')
    typer.echo(f"export ROUTE311_ADMIN_DSN={shlex.quote(load_stack(data).postgres)}")
