"""``route311 bureau forwards``: work orders that did not reach a bureau's own system."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any

import typer
from rich.console import Console

from cli import audit
from cli.connection import DEFAULT_DATA, BureauArgument, DataOption, JsonOption, find_admin_dsn
from cli.interrupts import query
from cli.terminal import print_found, show_table
from services.dispatch.channels.forwarding.store import forwards as store
from shared.runtime.postgres import Database

RetryOption = Annotated[
    list[str] | None, typer.Option("--retry", help="Retry this parked work order; repeatable.")
]
TakenOption = Annotated[
    list[str] | None,
    typer.Option(
        "--taken",
        metavar="ID=NUMBER",
        help="Record that it arrived, with its number there; repeatable.",
    ),
]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=10_000, help="Maximum number of work orders.")
]


def forwards(
    code: BureauArgument,
    retried: RetryOption = None,
    taken: TakenOption = None,
    limit: LimitOption = 100,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show work orders that are parked or retried, and the last digests of a bureau.

    Example: `route311 bureau forwards PBOT-MOD --retry WORK_ORDER`
    """
    pairs = [tuple(one.split("=", 1)) for one in taken or ()]
    if any(len(pair) < 2 or not all(pair) for pair in pairs):  # noqa: PLR2004 - id and number
        raise typer.BadParameter(
            "write --taken ID=NUMBER: the work order's id and its number there"
        )
    dsn = find_admin_dsn(data)
    if retried or pairs:
        count = query(dsn, "dispatch", lambda db: _decide(db, code, retried or (), pairs))
        audit.record("forwards_settled", data, bureau=code, count=count)
        print_found({"settled": count}, f"{count:,} settled", as_json=json_output)
        return
    waiting = query(dsn, "dispatch", lambda db: store.list_waiting(db, code, limit))
    digests = query(dsn, "dispatch", lambda db: store.list_digests(db, code))
    found = {"forwards": waiting, "digests": digests}
    print_found(found, partial(_show, waiting, digests), as_json=json_output)


async def _decide(
    db: Database, code: str, retried: Sequence[str], taken: Sequence[tuple[str, ...]]
) -> int:
    done = [await store.record_taken(db, code, id_, number) for id_, number in taken]
    return await store.retry(db, code, retried) + sum(done)


def _show(
    waiting: Sequence[dict[str, Any]], digests: Sequence[dict[str, Any]], console: Console
) -> None:
    orders = [
        (
            *(one[name] for name in ("work_order_id", "state", "level", "attempts")),
            f"{one['reason'] or '-'}{' (may have arrived)' if one['may_have_arrived'] else ''}",
        )
        for one in waiting
    ]
    headings = ("work order", "state", "priority", "tries", "reason")
    show_table(console, headings, orders, "no work order is parked or retried")
    if digests:
        days = [(f"{one['day']}", one["state"], one["at"], one["reason"]) for one in digests]
        show_table(console, ("digest of", "state", "since (UTC)", "reason"), days)
