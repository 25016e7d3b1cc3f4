"""``route311 bureau reconcile``: compare open work orders with a bureau's own system."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from pydantic import Field
from rich.console import Console

from cli.connection import DEFAULT_DATA, BureauArgument, DataOption, JsonOption, find_operations_dsn
from cli.interrupts import query, run
from cli.terminal import print_found, printable, show_table
from services.dispatch.channels.forwarding.open311_client import CallFailedError, Open311Client
from services.dispatch.channels.forwarding.rules.forwards import (
    Difference,
    ExportError,
    differences,
    read_export,
)
from services.dispatch.channels.forwarding.rules.open311 import is_open
from services.dispatch.channels.forwarding.store.forwards import (
    ForwardedOrder,
    forwarded_orders,
    order_statuses,
)
from shared.catalogue import Open311Forward, load_catalogue
from shared.errors import Route311Error
from shared.runtime.clock import utc_now
from shared.runtime.http.client import open_outgoing_calls
from shared.runtime.postgres import open_database
from shared.runtime.setting_types import NetworkList
from shared.runtime.settings import EnvironmentSettings

FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        exists=True,
        dir_okay=False,
        help="CSV export of the bureau, with the columns work_order_id and status.",
    ),
]

_CLOSED_WITHIN = timedelta(days=90)
_IDS_PER_CALL = 50
_MEANING: Mapping[str, str] = {
    "closed_there": "closed there, open here",
    "closed_here": "closed here, open there",
    "missing_there": "open here, not there",
    "unknown_here": "there, unknown here",
}


class ReconcileError(Route311Error):
    """The two sides cannot be compared."""

    code = "reconcile"


class _Networks(EnvironmentSettings):
    """Networks that may be called besides the public ones, as for dispatch."""

    allow: Annotated[NetworkList, Field(validation_alias="DISPATCH_WEBHOOK_ALLOW")] = ()


class Comparison(NamedTuple):
    """Compared work orders, their differences, and their numbers there by id."""

    compared: int
    found: Sequence[Difference]
    numbers: Mapping[str, str]


def reconcile(
    code: BureauArgument,
    file: FileOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Compare a bureau's work orders with its own system: by Open311, or by an export.

    Nothing is changed. Exit code 1 if there are differences.

    Example: `route311 bureau reconcile WATER --file export.csv`
    """
    city = next(
        (one for one in load_catalogue().jurisdictions.values() if code in one.bureaus), None
    )
    if city is None:
        raise typer.BadParameter(f"no city has a bureau called {printable(code)}")
    forward = city.bureaus[code].forward
    if file is not None:
        there = _read(file)
        here = query(find_operations_dsn(data), "dispatch", lambda db: order_statuses(db, code))
        result = Comparison(len(there), differences(here, there), {})
    elif forward and forward.open311:
        result = run(_by_open311(data, code, forward.open311))
    else:
        raise typer.BadParameter(f"{code} does not forward by Open311: give an export with --file")
    print_found(_json(code, result), partial(_show, result), as_json=json_output)
    if result.found:
        raise typer.Exit(1)


def _read(file: Path) -> Mapping[str, str]:
    try:
        return read_export(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError:
        raise ReconcileError(f"{file}: not UTF-8 text") from None
    except ExportError as error:
        raise ReconcileError(f"{file}: {error}") from None


async def _by_open311(data: Path, code: str, to: Open311Forward) -> Comparison:
    async with open_database(find_operations_dsn(data), "dispatch") as db:
        orders = await forwarded_orders(db, code, utc_now() - _CLOSED_WITHIN)
    here = {order.work_order_id: order.status for order in orders}
    async with open_outgoing_calls(_Networks().allow) as calls:
        try:
            there = await _statuses(Open311Client(calls, to, ""), orders)
        except CallFailedError as error:
            raise ReconcileError(f"{to.endpoint}: {printable(error.reason)}") from None
    numbers = {
        order.work_order_id: order.service_request_id
        for order in orders
        if order.service_request_id
    }
    return Comparison(len(here), differences(here, there), numbers)


async def _statuses(client: Open311Client, orders: Sequence[ForwardedOrder]) -> Mapping[str, str]:
    """Return ``open`` or ``closed`` of each work order that the system knows."""
    by_number = {one.service_request_id: one.work_order_id for one in orders}
    numbers = list(filter(None, by_number))
    there = dict[str, str]()
    for start in range(0, len(numbers), _IDS_PER_CALL):
        entries = await client.requests(numbers[start : start + _IDS_PER_CALL])
        for number, entry in entries.items():
            there[by_number[number]] = "open" if is_open(entry) else "closed"
    return there


def _json(code: str, result: Comparison) -> dict[str, object]:
    found = [
        one._asdict() | {"service_request_id": result.numbers.get(one.work_order_id)}
        for one in result.found
    ]
    return {"bureau": code, "compared": result.compared, "differences": found}


def _show(result: Comparison, console: Console) -> None:
    if result.found:
        rows = [
            (
                one.work_order_id,
                _MEANING[one.kind],
                one.here,
                one.there,
                result.numbers.get(one.work_order_id),
            )
            for one in result.found
        ]
        show_table(console, ("work order", "difference", "here", "there", "number there"), rows)
    console.print(f"{result.compared:,} work orders compared, {len(result.found):,} differ")
