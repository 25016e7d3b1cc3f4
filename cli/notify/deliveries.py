"""``route311 notify log``, ``suppressed``, ``held`` and ``unknown``: messages and their states."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal, TypeAlias

import typer

from cli import audit
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_admin_dsn, find_operations_dsn
from cli.interrupts import query
from cli.operator.id_lookup import IdLookup, is_id
from cli.terminal import FittedTable, print_found
from services.notify.outbound import settled_event
from services.notify.store.deliveries import (
    count_suppressed,
    drop_held,
    latest_messages,
    list_held,
    list_unknown,
    release_held,
    settle,
)
from shared.runtime.clock import utc_now
from shared.runtime.outbox.outbox import enqueue, wake_relays
from shared.runtime.postgres import Database

deliveries = typer.Typer()
unknown = typer.Typer(
    help="List and settle messages that may or may not have been sent.", no_args_is_help=True
)
deliveries.add_typer(unknown, name="unknown")

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


@deliveries.command()
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
    rows = [
        (
            *(one[name] for name in ("due_at", "tracking_number", "template")),
            f"{one['channel']} {one['language']}",
            f"{one['state']}: {one['reason']}" if one["reason"] else one["state"],
        )
        for one in found
    ]
    table = FittedTable(("due (UTC)", "number", "message", "to", "state"), rows, "no messages")
    print_found({"messages": found}, table.print_to, as_json=json_output)


@deliveries.command()
def suppressed(
    days: DaysOption = 7, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Count the messages that were due and were not sent, by reason and channel.

    Example: `route311 notify suppressed --days 30`
    """
    since = utc_now() - timedelta(days=days)
    found = query(find_operations_dsn(data), "notify", lambda db: count_suppressed(db, since))
    headings = ("reason", "channel", "messages", "people", "newest (UTC)")
    rows = [tuple(one.values()) for one in found]
    table = FittedTable(headings, rows, "no messages were suppressed")
    print_found({"suppressed": found}, table.print_to, as_json=json_output)


@deliveries.command()
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
        print_found({done: count}, f"{count:,} messages {done}", as_json=json_output)
        return
    found = query(find_admin_dsn(data), "notify", list_held)
    rows = [tuple(one.values())[:4] for one in found]
    headings = ("contact", "requests", "messages", "oldest (UTC)")
    table = FittedTable(headings, rows, "no messages are held")
    print_found({"held": list(map(_held, found))}, table.print_to, as_json=json_output)


@unknown.command("list")
def list_messages(data: DataOption = DEFAULT_DATA, json_output: JsonOption = False) -> None:
    """List messages that may or may not have been sent, oldest first.

    Look each up in the provider's log by its id: an e-mail's Message-ID begins with it, and a
    text's status callback ends with it.

    Example: `route311 notify unknown list`
    """
    found = query(find_admin_dsn(data), "notify", list_unknown)
    rows = [
        (
            *(one[name] for name in ("notification_id", "channel", "template")),
            one["tracking_number"] or one["request_id"],
            *(one[name] for name in ("reason", "due_at")),
        )
        for one in found
    ]
    headings = ("id", "channel", "message", "request", "reason", "due (UTC)")
    table = FittedTable(headings, rows, "no messages are unknown")
    print_found({"unknown": found}, table.print_to, as_json=json_output)


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
    shown = f"{count:,} of {len(ids):,} messages settled as {settled_as}"
    print_found({"settled": count}, shown, as_json=json_output)


def _held(one: dict[str, Any]) -> dict[str, Any]:
    ages = {
        f"{name}_age_s": round((utc_now() - one[name]).total_seconds())
        for name in ("oldest", "newest")
    }
    return one | ages | {"reason": "contact_flooded"}


async def _settle(db: Database, ids: Sequence[str], settled_as: SettledAs) -> int:
    reason = "settled_by_operator" if settled_as == "failed" else None
    settled = await settle(db, ids, states=("unknown",), state=settled_as, reason=reason)
    now = utc_now()
    await enqueue(db, [settled_event(one, settled_as, now, reason) for one in settled])
    await wake_relays(db)
    return len(settled)
