"""``route311 bureau``: webhooks, a simulated bureau, and the check of a bureau's program."""

import json
from typing import Annotated, Any
from urllib.parse import quote

import aiohttp
import typer
from rich.console import Console
from rich.table import Table

from cli.bureau.calls import call
from cli.bureau.forwards import forwards
from cli.bureau.reconcile import reconcile
from cli.connection import DEFAULT_DATA, DataOption, JsonOption, load_stack
from cli.interrupts import run
from cli.problem import answer_expected
from cli.terminal import parse_moment, printable
from shared.runtime.clock import utc_now
from workbench.bureau.check import check
from workbench.bureau.simulation import SimulatedBureau

bureau = typer.Typer(help="See to the ways in which bureaus get work.", no_args_is_help=True)
webhook = typer.Typer(help="Set, look at and replay a bureau's webhook.", no_args_is_help=True)
bureau.add_typer(webhook, name="webhook")
bureau.command()(check)
bureau.command()(forwards)
bureau.command()(reconcile)

CodeArgument = Annotated[str, typer.Argument(metavar="CODE", help="The bureau's code.")]
PaceOption = Annotated[
    float, typer.Option("--pace", min=0, help="Seconds between an event and the answer.")
]
DeclinedOption = Annotated[
    float, typer.Option("--declined", min=0, max=1, help="Share of the work that it declines.")
]
UrlArgument = Annotated[str, typer.Argument(metavar="URL", help="URL to call, https.")]
OffOption = Annotated[bool, typer.Option("--off", help="Keep it, but do not call it.")]
CaseOption = Annotated[str | None, typer.Option("--case", help="Only calls about this case.")]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=500, help="The most calls.")]
AfterOption = Annotated[str | None, typer.Option("--after", help="Begin after the page before.")]
EventOption = Annotated[
    list[str] | None, typer.Option("--event", help="Id of an event; may be given several times.")
]
FromOption = Annotated[
    str | None, typer.Option("--from", help="Events since 30m, 6h, 2d, or 2026-11-24T08:00Z.")
]
ToOption = Annotated[str | None, typer.Option("--to", help="Events until then; now by default.")]


@bureau.callback()
def _group() -> None:
    """See to the ways in which bureaus get work."""


@bureau.command()
def simulate(
    code: CodeArgument,
    pace: PaceOption = 2.0,
    declined: DeclinedOption = 0.1,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Play a bureau until Ctrl-C: read its feed, acknowledge, work, and complete or decline."""
    stack = load_stack(data)
    if code not in stack.keys.bureaus:
        raise typer.BadParameter(f"the router has no key of a bureau called {printable(code)}")

    async def play() -> None:
        headers = {"Authorization": f"Bearer {stack.keys.bureaus[code]}"}
        async with aiohttp.ClientSession(stack.dispatch, headers=headers) as client:
            async for line in SimulatedBureau(client, code, pace, declined).work():
                typer.echo(printable(line))

    with answer_expected("dispatch", "start again: what was said counts once"):
        run(play())


@webhook.command("set")
def set_(
    code: CodeArgument,
    url: UrlArgument,
    off: OffOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Set the webhook of a bureau and print its secrets; a known one keeps them."""
    answer = call(data, "PUT", _path(code, "webhook"), json={"url": url, "enabled": not off})
    _print_secrets(answer, json_output=json_output)


@webhook.command()
def show(
    code: CodeArgument, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Show how the webhook does, without its secrets."""
    answer = call(data, "GET", _path(code, "webhook"))
    if json_output:
        typer.echo(json.dumps(answer))
        return
    for name, value in answer.items():
        typer.echo(f"{name}: {'-' if value is None else printable(str(value))}")


@webhook.command()
def rotate(
    code: CodeArgument, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Add a second secret, which signs beside the first; print both."""
    _print_secrets(call(data, "POST", _path(code, "webhook/rotate")), json_output=json_output)


@webhook.command()
def retire(
    code: CodeArgument, data: DataOption = DEFAULT_DATA, json_output: JsonOption = False
) -> None:
    """Remove the older one of two secrets; print the other."""
    _print_secrets(call(data, "POST", _path(code, "webhook/retire")), json_output=json_output)


@webhook.command()
def log(
    code: CodeArgument,
    case: CaseOption = None,
    limit: LimitOption = 100,
    after: AfterOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """List the calls of the webhook, oldest first."""
    given = {"case_id": case, "limit": limit, "after": after}
    query = {name: value for name, value in given.items() if value is not None}
    answer = call(data, "GET", _path(code, "deliveries"), params=query)
    if json_output:
        typer.echo(json.dumps(answer))
    else:
        _show_calls(answer, Console(highlight=False))


@webhook.command()
def replay(
    code: CodeArgument,
    event: EventOption = None,
    since: FromOption = None,
    until: ToOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Send events again under the same ids: some by id, or those of a span of time."""
    if bool(event) == bool(since):
        raise typer.BadParameter("say either --event or --from")
    now = utc_now()
    span = {
        "from": parse_moment(since, now).isoformat() if since else None,
        "to": (parse_moment(until, now) if until else now).isoformat(),
    }
    chosen = {"event_ids": event} if event else span
    answer = call(data, "POST", _path(code, "deliveries/replay"), json=chosen)
    typer.echo(json.dumps(answer) if json_output else f"{answer['count']:,} events are sent again")


def _path(code: str, rest: str) -> str:
    return f"/v1/bureaus/{quote(code, safe='')}/{rest}"


def _print_secrets(answer: Any, *, json_output: bool) -> None:  # noqa: ANN401 - JSON
    if json_output:
        typer.echo(json.dumps(answer))
        return
    typer.echo(f"{printable(answer['url'])} is {'called' if answer['enabled'] else 'not called'}")
    for secret in answer["secrets"]:
        typer.echo(secret)


def _show_calls(answer: Any, console: Console) -> None:  # noqa: ANN401 - JSON
    names = ("at", "event_id", "attempt", "status", "duration_ms", "error")
    table = Table(*names, box=None, padding=(0, 2))
    for one in answer["deliveries"]:
        table.add_row(*("-" if one[name] is None else printable(str(one[name])) for name in names))
    console.print(table if answer["deliveries"] else "no calls")
    if answer["more"]:
        console.print(f"more: --after {answer['next']}")
