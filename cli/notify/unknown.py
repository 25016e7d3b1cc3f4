"""``route311 notify unknown``: messages that may or may not have been sent."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import run
from cli.operator.id_lookup import is_id
from services.notify.outbound import settled_event
from services.notify.store.settling import UnknownMessage, list_unknown, settle
from shared.runtime.clock import utc_now
from shared.runtime.database import open_database
from shared.runtime.outbox.outbox import enqueue, wake_relays

unknown = typer.Typer(
    help="List and settle messages that may or may not have been sent.", no_args_is_help=True
)


class SettledAs(StrEnum):
    """The states that an unknown message can be settled as."""

    sent = "sent"
    failed = "failed"


IdsArgument = Annotated[list[str], typer.Argument(help="Ids of messages, as the list shows them.")]
AsOption = Annotated[
    SettledAs, typer.Option("--as", help="What the provider's log says became of them.")
]


@unknown.command("list")
def list_messages(data: DataOption = DEFAULT_DATA, json_output: JsonOption = False) -> None:
    """Show messages that may or may not have been sent, the oldest first.

    Look each up in the provider's log, by its id: an e-mail's Message-ID begins with it, and a
    text's status callback ends with it.
    """
    found = run(_list(data))
    if json_output:
        messages = [asdict(one) | {"due_at": one.due_at.isoformat()} for one in found]
        typer.echo(json.dumps({"unknown": messages}))
        return
    table = Table("id", "channel", "message", "request", "reason", "due", box=None, padding=(0, 2))
    for one in found:
        facts = (one.channel, one.template, one.tracking_number or one.request_id, one.reason)
        table.add_row(one.notification_id, *facts, f"{one.due_at:%Y-%m-%d %H:%M}")
    Console(highlight=False).print(table if found else "no message is unknown")


@unknown.command("settle")
def settle_messages(
    ids: IdsArgument,
    settled_as: AsOption,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Record what became of unknown messages. None is sent again."""
    if wrong := [one for one in ids if not is_id(one)]:
        raise typer.BadParameter(f"{wrong[0]}: no id of a message")
    count = run(_settle(data, ids, settled_as))
    audit.record("messages_settled", data, count=count, settled_as=settled_as.value)
    if json_output:
        typer.echo(json.dumps({"settled": count}))
    else:
        typer.echo(f"{count:,} of {len(ids):,} messages settled as {settled_as.value}")


async def _list(data: Path) -> Sequence[UnknownMessage]:
    async with open_database(find_admin_dsn(data), "notify") as db:
        return await list_unknown(db)


async def _settle(data: Path, ids: Sequence[str], settled_as: SettledAs) -> int:
    reason = "settled_by_operator" if settled_as is SettledAs.failed else None
    async with open_database(find_admin_dsn(data), "notify") as db, db.transaction():
        settled = await settle(db, ids, states=("unknown",), state=settled_as.value, reason=reason)
        now = utc_now()
        await enqueue(db, [settled_event(one, settled_as.value, now, reason) for one in settled])
        await wake_relays(db)
    return len(settled)
