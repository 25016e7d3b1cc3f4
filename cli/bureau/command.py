"""``route311 bureau``: webhooks, forwarded work orders, and their reconciliation."""

from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.console import Console

from cli.bureau.forwards import forwards
from cli.bureau.reconcile import reconcile
from cli.calls import call
from cli.connection import DEFAULT_DATA, AfterOption, BureauArgument, DataOption, JsonOption
from cli.terminal import parse_moment, print_found, printable, show_facts, show_table
from shared.runtime.clock import utc_now

bureau = typer.Typer()
webhook = typer.Typer(help="Set, show, rotate and replay a bureau's webhook.", no_args_is_help=True)
bureau.add_typer(webhook, name="webhook")
bureau.command()(forwards)
bureau.command()(reconcile)

UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="URL to call, https.")]
OffOption = Annotated[bool, typer.Option("--off", help="Keep the webhook, but do not call it.")]
CaseOption = Annotated[str | None, typer.Option("--case", help="Only calls about this case.")]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=500, help="Maximum number of calls.")
]
EventOption = Annotated[
    list[str] | None, typer.Option("--event", help="Id of an event; repeatable.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Events since: 30m, 6h, 2d, or a time.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="Events until then; now by default.")]


@webhook.command("set")
def set_(
    code: BureauArgument,
    url: UrlArgument,
    off: OffOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Set the webhook of a bureau and print its secrets; an existing one keeps them.

    Example: `route311 bureau webhook set PBOT-MOD https://hooks.bureau.example/route311`
    """
    answer = call(data, "PUT", _path(code, "webhook"), json={"url": url, "enabled": not off})
    _print_secrets(answer, json_output=json_output)


@webhook.command()
def show(
    code: BureauArgument, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Show the state of the webhook, without its secrets.

    Example: `route311 bureau webhook show PBOT-MOD`
    """
    answer = call(data, "GET", _path(code, "webhook"))
    print_found(answer, lambda console: show_facts(console, answer.items()), as_json=json_output)


@webhook.command()
def rotate(
    code: BureauArgument, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Add a second secret, which signs beside the first, and print both.

    Example: `route311 bureau webhook rotate PBOT-MOD`
    """
    _print_secrets(call(data, "POST", _path(code, "webhook/rotate")), json_output=json_output)


@webhook.command()
def retire(
    code: BureauArgument, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Remove the older of two secrets and print the other.

    Example: `route311 bureau webhook retire PBOT-MOD`
    """
    _print_secrets(call(data, "POST", _path(code, "webhook/retire")), json_output=json_output)


@webhook.command()
def log(
    code: BureauArgument,
    case: CaseOption = None,
    limit: LimitOption = 100,
    after: AfterOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """List the calls of the webhook, oldest first.

    Example: `route311 bureau webhook log PBOT-MOD --limit 20`
    """
    given = {"case_id": case, "limit": limit, "after": after}
    query = {name: value for name, value in given.items() if value is not None}
    answer = call(data, "GET", _path(code, "deliveries"), params=query)
    print_found(answer, partial(_show_calls, answer), as_json=json_output)


@webhook.command()
def replay(
    code: BureauArgument,
    event: EventOption = None,
    since: FromOption = None,
    until: ToOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Replay events with the same ids: some by id, or all of a period.

    Example: `route311 bureau webhook replay PBOT-MOD --from 2d`
    """
    if bool(event) == bool(since):
        raise typer.BadParameter("give either --event or --from")
    now = utc_now()
    span = {
        "from": parse_moment(since, now).isoformat() if since else None,
        "to": (parse_moment(until, now) if until else now).isoformat(),
    }
    chosen = {"event_ids": event} if event else span
    answer = call(data, "POST", _path(code, "deliveries/replay"), json=chosen)
    print_found(answer, f"{answer['count']:,} events are replayed", as_json=json_output)


def _path(code: str, rest: str) -> str:
    return f"/v1/bureaus/{quote(code, safe='')}/{rest}"


def _print_secrets(answer: Any, *, json_output: bool) -> None:  # noqa: ANN401 - JSON
    state = f"{printable(answer['url'])} is {'called' if answer['enabled'] else 'not called'}"
    print_found(answer, "\n".join([state, *answer["secrets"]]), as_json=json_output)


def _show_calls(answer: Any, console: Console) -> None:  # noqa: ANN401 - JSON
    names = ("at", "event_id", "attempt", "status", "duration_ms", "error")
    rows = [[one[name] for name in names] for one in answer["deliveries"]]
    show_table(console, names, rows, "no calls")
    if answer["more"]:
        typer.echo(f"more: --after {answer['next']}")
