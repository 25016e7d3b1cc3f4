"""``route311 bureau forwards``: what did not get to a bureau's own system."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import run
from cli.terminal import printable
from services.dispatch.channels.forwarding.store.administration import (
    StoredDigest,
    WaitingForward,
    list_digests,
    list_waiting,
    record_taken,
    retry,
)
from shared.runtime.database import open_database

CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help="The bureau's code.")]
RetryOption = Annotated[
    list[str] | None, typer.Option("--retry", help="Send this parked work order again.")
]
TakenOption = Annotated[
    list[str] | None,
    typer.Option("--taken", metavar="ID=NUMBER", help="It is there already, by this number."),
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="The most of them.")]


def forwards(
    code: CodeArgument,
    retried: RetryOption = None,
    taken: TakenOption = None,
    limit: LimitOption = 100,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show work orders that are parked or tried again, and the last digests of the bureau."""
    pairs = [tuple(one.split("=", 1)) for one in taken or ()]
    if any(len(pair) < 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - id and number
        raise typer.BadParameter("write --taken as the work order's id, =, and the number there")
    if retried or pairs:
        count = run(_decide(data, code, retried or (), pairs))
        audit.record("forwards_settled", data, bureau=code, count=count)
        typer.echo(json.dumps({"settled": count}) if json_output else f"{count:,} settled")
        return
    waiting, digests = run(_read(data, code, limit))
    if json_output:
        typer.echo(
            json.dumps(
                {"forwards": [asdict(one) for one in waiting], "digests": list(map(_json, digests))}
            )
        )
    else:
        _show(waiting, digests, Console(highlight=False))


async def _read(
    data: Path, code: str, limit: int
) -> tuple[Sequence[WaitingForward], Sequence[StoredDigest]]:
    async with open_database(find_admin_dsn(data), "dispatch") as db:
        return await list_waiting(db, code, limit), await list_digests(db, code)


async def _decide(
    data: Path, code: str, retried: Sequence[str], taken: Sequence[tuple[str, ...]]
) -> int:
    async with open_database(find_admin_dsn(data), "dispatch") as db, db.transaction():
        done = [await record_taken(db, code, id_, number) for id_, number in taken]
        return await retry(db, code, retried) + sum(done)


def _json(digest: StoredDigest) -> dict[str, object]:
    return asdict(digest) | {"day": f"{digest.day}", "at": digest.at.isoformat()}


def _show(
    waiting: Sequence[WaitingForward], digests: Sequence[StoredDigest], console: Console
) -> None:
    table = Table("work order", "state", "priority", "tries", "reason", box=None, padding=(0, 2))
    for one in waiting:
        arrived = " (it may be there)" if one.may_have_arrived else ""
        reason = printable(f"{one.reason or '-'}{arrived}")
        table.add_row(one.work_order_id, one.state, one.level, f"{one.attempts}", reason)
    console.print(table if waiting else "no work order is parked or tried again")
    if digests:
        days = Table("digest of", "state", "since", "reason", box=None, padding=(0, 2))
        for digest in digests:
            since = f"{digest.at:%Y-%m-%d %H:%M}"
            days.add_row(f"{digest.day}", digest.state, since, printable(digest.reason or "-"))
        console.print(days)
