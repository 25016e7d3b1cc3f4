"""``route311 notify log``, ``suppressed``, ``held`` and ``unknown``: messages and their states."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated, Literal, TypeAlias

import typer
from rich.console import Console

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn, find_operations_dsn
from cli.interrupts import query
from cli.operator.id_lookup import IdLookup, is_id
from cli.terminal import show_table
from services.notify.outbound import settled_event
from services.notify.store.deliveries import (
    HeldMessages,
    count_suppressed,
    drop_held,
    latest_messages,
    list_held,
    list_unknown,
    release_held,
    settle,
)
from shared.runtime.clock import utc_now
from shared.runtime.database import Database
from shared.runtime.outbox.outbox import enqueue, wake_relays

unknown = typer.Typer(
    help="List and settle messages that may or may not have been sent.", no_args_is_help=True
)


SettledAs: TypeAlias = Literal["sent", "failed"]

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
    dsn = find_admin_dsn(data)
    found = query(dsn, "notify", lambda db: latest_messages(db, limit, case_id))
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
    since = utc_now() - timedelta(days=days)
    found = query(find_operations_dsn(data), "notify", lambda db: count_suppressed(db, since))
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
        count = query(
            find_admin_dsn(data),
            "notify",
            lambda db: release_held(db, release, utc_now()) if release else drop_held(db, drop),
        )
        done = "released" if release else "dropped"
        typer.echo(json.dumps({done: count}) if json_output else f"{count:,} messages {done}")
        return
    found = query(find_admin_dsn(data), "notify", list_held)
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
    found = query(find_admin_dsn(data), "notify", list_unknown)
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
    count = query(find_admin_dsn(data), "notify", lambda db: _settle(db, ids, settled_as))
    audit.record("messages_settled", data, count=count, settled_as=settled_as)
    if json_output:
        typer.echo(json.dumps({"settled": count}))
    else:
        typer.echo(f"{count:,} of {len(ids):,} messages settled as {settled_as}")


def _held_as_json(one: HeldMessages) -> dict[str, object]:
    ages = {
        f"{name}_age_s": round((utc_now() - at).total_seconds())
        for name, at in (("oldest", one.oldest), ("newest", one.newest))
    }
    times = {"oldest": one.oldest.isoformat(), "newest": one.newest.isoformat()}
    return asdict(one) | times | ages | {"reason": "contact_flooded"}


async def _settle(db: Database, ids: Sequence[str], settled_as: SettledAs) -> int:
    reason = "settled_by_operator" if settled_as == "failed" else None
    settled = await settle(db, ids, states=("unknown",), state=settled_as, reason=reason)
    now = utc_now()
    await enqueue(db, [settled_event(one, settled_as, now, reason) for one in settled])
    await wake_relays(db)
    return len(settled)
