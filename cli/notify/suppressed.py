"""``route311 notify suppressed``: how many messages are not sent, and why."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_operations_dsn
from cli.interrupts import run
from services.notify.store.settling import SuppressedMessages, count_suppressed
from shared.runtime.clock import utc_now
from shared.runtime.database import open_database

DaysOption = Annotated[int, typer.Option("--days", min=1, help="How far to look back.")]


def suppressed(
    days: DaysOption = 7, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Count the messages that were due and are not sent, by reason and channel."""
    found = run(_count(data, days))
    if json_output:
        counted = [asdict(one) | {"newest": one.newest.isoformat()} for one in found]
        typer.echo(json.dumps({"suppressed": counted}))
        return
    table = Table("reason", "channel", "messages", "people", "newest", box=None, padding=(0, 2))
    for one in found:
        counts = (f"{one.messages:,}", f"{one.people:,}")
        table.add_row(one.reason, one.channel, *counts, f"{one.newest:%Y-%m-%d %H:%M}")
    Console(highlight=False).print(table if found else "nothing was suppressed")


async def _count(data: Path, days: int) -> Sequence[SuppressedMessages]:
    async with open_database(find_operations_dsn(data), "notify") as db:
        return await count_suppressed(db, utc_now() - timedelta(days=days))
