"""``route311 check``: check the invariants over a running router."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import typer
from rich.console import Console

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_kafka, find_operations_dsn
from workbench.check.run import check as run_check
from workbench.check.view import live_progress, show

HistoryOption = Annotated[
    Path | None,
    typer.Option(
        "--history",
        exists=True,
        dir_okay=False,
        help="Observations of a test's client, one JSON object a line.",
    ),
]
LogsOption = Annotated[
    Path | None,
    typer.Option(
        "--logs",
        exists=True,
        file_okay=False,
        help="Folder of the services' logs, to search for contact data.",
    ),
]
SettleOption = Annotated[
    float, typer.Option("--settle", min=0, help="Seconds to wait until the router is idle.")
]


def check(
    data: DataOption = DEFAULT_DATA,
    history: HistoryOption = None,
    logs: LogsOption = None,
    settle: SettleOption = 60,
    json_output: JsonOption = False,
) -> None:
    """Check the invariants over a running router, and name what breaks them.

    Submit nothing meanwhile. Exit code 1 when one is broken.

    Example: `route311 check --settle 120`
    """
    access, dsn = find_kafka(data), find_operations_dsn(data)
    with live_progress(Console(stderr=True), hidden=json_output) as on_progress:
        report = asyncio.run(
            run_check(
                access, dsn, history=history, logs=logs, settle_s=settle, on_progress=on_progress
            )
        )
    if json_output:
        typer.echo(json.dumps(asdict(report)))
    else:
        show(report, Console(highlight=False))
        at = urlsplit(dsn)  # after a restore there are two
        typer.echo(f"database: {at.path.lstrip('/')} at {at.hostname}", err=True)
    if not report.holds:
        raise typer.Exit(1)
