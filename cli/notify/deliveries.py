"""``route311 notify log``, ``suppressed``, ``held`` and ``unknown``: messages and their states."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import audit
from cli.connection import (
    DEFAULT_DATA,
    DataOption,
    JsonOption,
    find_admin_dsn,
    find_operations_dsn,
)
from cli.interrupts import run
from cli.operator.id_lookup import IdLookup, is_id
from cli.terminal import show_table
from services.notify.outbound import settled_event
from services.notify.store.log import LoggedMessage, latest_messages
from services.notify.store.settling import (
    HeldMessages,
    SuppressedMessages,
    UnknownMessage,
    count_suppressed,
    drop_held,
    list_held,
    list_unknown,
    release_held,
    settle,
)
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


CaseArgument = Annotated[
    str | None, typer.Argument(help="Id of the case, or a tracking number; all cases by default.")
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=10_000, help="Maximum number of messages.")
]
DaysOption = Annotated[int, typer.Option("--days", min=1, help="Number of days to look back.")]
ReleaseOption = Annotated[
    str, typer.Option("--release", help="Send the messages held for this contact, by its hash.")
]
DropOption = Annotated[
    str, typer.Option("--drop", help="Drop the messages held for this contact, by its hash.")
]
IdsArgument = Annotated[list[str], typer.Argument(help="Ids of messages, as the list shows them.")]
AsOption = Annotated[
    SettledAs, typer.Option("--as", help="State of the messages by the provider's log.")
]


def log(
    case: CaseArgument = None,
    limit: LimitOption = 50,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show the latest messages and their states, newest first, without address and text.

    Example: `route311 notify log 26-7KQ4-M2`
    """
    case_id = IdLookup(data).case(case) if case else None
    found = run(_latest(data, limit, case_id))
    if json_output:
        messages = [asdict(one) | {"due_at": one.due_at.isoformat()} for one in found]
        typer.echo(json.dumps({"messages": messages}))
        return
    rows = [
        (
            one.due_at,
            one.tracking_number,
            one.template,
            f"{one.channel} {one.language}",
            f"{one.state}: {one.reason}" if one.reason else one.state,
        )
        for one in found
    ]
    headings = ("due (UTC)", "number", "message", "to", "state")
    show_table(Console(highlight=False), headings, rows, "no messages")


def suppressed(
    days: DaysOption = 7, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Count the messages that were due and were not sent, by reason and channel.

    Example: `route311 notify suppressed --days 30`
    """
    found = run(_count(data, days))
    if json_output:
        counted = [asdict(one) | {"newest": one.newest.isoformat()} for one in found]
        typer.echo(json.dumps({"suppressed": counted}))
        return
    rows = [(one.reason, one.channel, one.messages, one.people, one.newest) for one in found]
    headings = ("reason", "channel", "messages", "people", "newest (UTC)")
    show_table(Console(highlight=False), headings, rows, "no messages were suppressed")


def held(
    release: ReleaseOption = "",
    drop: DropOption = "",
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show, send or drop messages held because over 20 requests an hour name one contact.

    A contact is shown as a keyed hash, never as an address.

    Example: `route311 notify held --release CONTACT`
    """
    if release and drop:
        raise typer.BadParameter("give --release or --drop, not both")
    if release or drop:
        count = run(_decide(data, release, drop))
        done = "released" if release else "dropped"
        typer.echo(json.dumps({done: count}) if json_output else f"{count:,} messages {done}")
        return
    found = run(_held(data))
    if json_output:
        typer.echo(json.dumps({"held": [_held_as_json(one) for one in found]}))
        return
    rows = [(one.contact, one.requests, one.messages, one.oldest) for one in found]
    headings = ("contact", "requests", "messages", "oldest (UTC)")
    show_table(Console(highlight=False), headings, rows, "no messages are held")


@unknown.command("list")
def list_messages(data: DataOption = DEFAULT_DATA, json_output: JsonOption = False) -> None:
    """List messages that may or may not have been sent, oldest first.

    Look each up in the provider's log by its id: an e-mail's Message-ID begins with it, and a
    text's status callback ends with it.

    Example: `route311 notify unknown list`
    """
    found = run(_unknown(data))
    if json_output:
        messages = [asdict(one) | {"due_at": one.due_at.isoformat()} for one in found]
        typer.echo(json.dumps({"unknown": messages}))
        return
    rows = [
        (
            one.notification_id,
            one.channel,
            one.template,
            one.tracking_number or one.request_id,
            one.reason,
            one.due_at,
        )
        for one in found
    ]
    headings = ("id", "channel", "message", "request", "reason", "due (UTC)")
    show_table(Console(highlight=False), headings, rows, "no messages are unknown")


@unknown.command("settle")
def settle_messages(
    ids: IdsArgument,
    settled_as: AsOption,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Record whether unknown messages were sent. None is sent again.

    Example: `route311 notify unknown settle ID --as sent`
    """
    if wrong := [one for one in ids if not is_id(one)]:
        raise typer.BadParameter(f"{wrong[0]}: not the id of a message")
    count = run(_settle(data, ids, settled_as))
    audit.record("messages_settled", data, count=count, settled_as=settled_as.value)
    if json_output:
        typer.echo(json.dumps({"settled": count}))
    else:
        typer.echo(f"{count:,} of {len(ids):,} messages settled as {settled_as.value}")


async def _latest(data: Path, limit: int, case_id: str | None) -> Sequence[LoggedMessage]:
    async with open_database(find_admin_dsn(data), "notify") as db:
        return await latest_messages(db, limit, case_id)


async def _count(data: Path, days: int) -> Sequence[SuppressedMessages]:
    async with open_database(find_operations_dsn(data), "notify") as db:
        return await count_suppressed(db, utc_now() - timedelta(days=days))


async def _held(data: Path) -> Sequence[HeldMessages]:
    async with open_database(find_admin_dsn(data), "notify") as db:
        return await list_held(db)


async def _decide(data: Path, release: str, drop: str) -> int:
    async with open_database(find_admin_dsn(data), "notify") as db, db.transaction():
        if release:
            return await release_held(db, release, utc_now())
        return await drop_held(db, drop)


def _held_as_json(one: HeldMessages) -> dict[str, object]:
    ages = {
        f"{name}_age_s": round((utc_now() - at).total_seconds())
        for name, at in (("oldest", one.oldest), ("newest", one.newest))
    }
    times = {"oldest": one.oldest.isoformat(), "newest": one.newest.isoformat()}
    return asdict(one) | times | ages | {"reason": "contact_flooded"}


async def _unknown(data: Path) -> Sequence[UnknownMessage]:
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
