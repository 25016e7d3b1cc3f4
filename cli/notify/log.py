"""``route311 notify log``: the latest messages and what became of them."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import run
from cli.operator.id_lookup import IdLookup
from services.notify.store.log import LoggedMessage, latest_messages
from shared.runtime.database import open_database

CaseArgument = Annotated[
    str | None, typer.Argument(help="Id of the case, or a tracking number; all without it.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="How many at most.")]


def log(
    case: CaseArgument = None,
    limit: LimitOption = 50,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show the latest messages and their states, the newest first, without address and text."""
    case_id = IdLookup(data).case(case) if case else None
    found = run(_latest(data, limit, case_id))
    if json_output:
        messages = [asdict(one) | {"due_at": one.due_at.isoformat()} for one in found]
        typer.echo(json.dumps({"messages": messages}))
        return
    table = Table(
        "due", "number", "template", "channel", "language", "state", "reason", box=None,
        padding=(0, 2, 0, 0),
    )  # fmt: skip
    for column in table.columns[:3]:
        column.no_wrap = True
    for one in found:
        table.add_row(
            f"{one.due_at:%Y-%m-%d %H:%M}",
            one.tracking_number or "",
            one.template,
            one.channel,
            one.language,
            one.state,
            one.reason or "",
        )
    Console(highlight=False).print(table if found else "no message was due")


async def _latest(data: Path, limit: int, case_id: str | None) -> Sequence[LoggedMessage]:
    async with open_database(find_admin_dsn(data), "notify") as db:
        return await latest_messages(db, limit, case_id)
