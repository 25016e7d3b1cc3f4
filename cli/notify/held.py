"""``route311 notify held``: messages that notify holds back, for operators to decide about."""

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
from services.notify.store.held import HeldMessages, drop_held, list_held, release_held
from shared.runtime.clock import utc_now
from shared.runtime.database import open_database

ReleaseOption = Annotated[
    str, typer.Option("--release", help="Send what is held for this contact, by its hash.")
]
DropOption = Annotated[
    str, typer.Option("--drop", help="Never send what is held for this contact, by its hash.")
]


def held(
    release: ReleaseOption = "",
    drop: DropOption = "",
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show messages that are held because over 20 requests an hour name one contact.

    A contact is shown as a keyed hash, never as an address.
    """
    if release and drop:
        raise typer.BadParameter("say --release or --drop, not both")
    if release or drop:
        count = run(_decide(data, release, drop))
        done = "released" if release else "dropped"
        typer.echo(json.dumps({done: count}) if json_output else f"{count:,} messages {done}")
        return
    found = run(_list(data))
    if json_output:
        typer.echo(json.dumps({"held": [_as_json(one) for one in found]}))
    else:
        _show(found, Console(highlight=False))


async def _list(data: Path) -> Sequence[HeldMessages]:
    async with open_database(find_admin_dsn(data), "notify") as db:
        return await list_held(db)


async def _decide(data: Path, release: str, drop: str) -> int:
    async with open_database(find_admin_dsn(data), "notify") as db, db.transaction():
        if release:
            return await release_held(db, release, utc_now())
        return await drop_held(db, drop)


def _as_json(one: HeldMessages) -> dict[str, object]:
    ages = {
        f"{name}_age_s": round((utc_now() - at).total_seconds())
        for name, at in (("oldest", one.oldest), ("newest", one.newest))
    }
    times = {"oldest": one.oldest.isoformat(), "newest": one.newest.isoformat()}
    return asdict(one) | times | ages | {"reason": "contact_flooded"}


def _show(found: Sequence[HeldMessages], console: Console) -> None:
    table = Table("contact", "requests", "messages", "oldest", box=None, padding=(0, 2))
    for one in found:
        counts = (f"{one.requests:,}", f"{one.messages:,}")
        table.add_row(one.contact, *counts, f"{one.oldest:%Y-%m-%d %H:%M}")
    console.print(table if found else "nothing is held")
