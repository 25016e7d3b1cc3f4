"""``route311 bureau check`` and ``simulate``: for those who write the program of a bureau."""

import asyncio
import json
from dataclasses import asdict
from secrets import token_urlsafe
from typing import Annotated

import aiohttp
import typer
from rich.console import Console

from cli.calls import answer_expected
from cli.connection import (
    DEFAULT_DATA,
    BureauArgument,
    DataOption,
    JsonOption,
    find_kafka,
    load_stack,
)
from cli.interrupts import run
from cli.terminal import printable
from services.dispatch.channels.webhooks.rules import is_secret
from shared.catalogue import load_catalogue
from shared.runtime.clock import utc_now
from workbench.bureau.endpoint import check_endpoint
from workbench.bureau.feed_player import check_feed_reader
from workbench.bureau.findings import show
from workbench.bureau.simulation import SimulatedBureau
from workbench.bureau.update_rules import judge_log
from workbench.bureau.updates_log import read_log

bureau = typer.Typer()

UrlOption = Annotated[str | None, typer.Option("--url", help="Its webhook; needs no router.")]
SecretOption = Annotated[
    str | None,
    typer.Option("--secret", envvar="WEBHOOK_SECRET", help="Secret of the webhook, whsec_…"),
]
FeedOption = Annotated[
    int | None,
    typer.Option("--feed", min=0, max=65_535, help="Serve the feed on this port."),
]
WithinOption = Annotated[
    float, typer.Option("--within", min=1, help="Seconds that a program has for the feed.")
]
PaceOption = Annotated[
    float, typer.Option("--pace", min=0, help="Seconds between an event and the answer.")
]
DeclinedOption = Annotated[
    float, typer.Option("--declined", min=0, max=1, help="Share of the work that it declines.")
]


@bureau.command()
def check(
    code: BureauArgument,
    url: UrlOption = None,
    secret: SecretOption = None,
    feed: FeedOption = None,
    within: WithinOption = 60.0,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Check a bureau's program: errors and possible improvements.

    With --url it calls a webhook as dispatch would, with invented work orders: genuine, repeated,
    forged and late calls. With --feed it serves the feed as dispatch would. Without both it reads
    what the bureau wrote to Kafka and how dispatch answered. Exit code 1 on errors.

    Example: `route311 bureau check PBOT-MOD --feed 8399`
    """
    if code not in load_catalogue().bureau_codes:
        raise typer.BadParameter("no city of the catalogue has a bureau of this code")
    if feed is not None:
        key = token_urlsafe()

        def on_start(address: str) -> None:
            typer.echo(f"DISPATCH={address} BUREAU={code} KEY={key}", err=True)

        findings = asyncio.run(check_feed_reader(code, key, feed, within, on_start))
        summary = "A program that reads the feed"
    elif url is None:
        log = asyncio.run(read_log(find_kafka(data), code))
        findings = judge_log(log, utc_now())
        summary = f"{len(log.orders):,} work orders, {len(log.updates):,} updates on Kafka"
    elif secret is None or not is_secret(secret):
        raise typer.BadParameter("give the --secret that `route311 bureau webhook set` printed")
    else:
        findings = asyncio.run(check_endpoint(code, url, secret))
        summary = "An endpoint that dispatch would call"
    if json_output:
        typer.echo(json.dumps({"findings": [asdict(finding) for finding in findings]}))
    else:
        console = Console(highlight=False)
        console.print(summary)
        show(findings, console)
    if any(finding.is_wrong for finding in findings):
        raise typer.Exit(1)


@bureau.command()
def simulate(
    code: BureauArgument,
    pace: PaceOption = 2.0,
    declined: DeclinedOption = 0.1,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Simulate a bureau until Ctrl-C: read its feed, acknowledge, and complete or decline.

    Example: `route311 bureau simulate PBOT-MOD --pace 2 --declined 0.1`
    """
    stack = load_stack(data)
    if code not in stack.keys.bureaus:
        raise typer.BadParameter(f"the router has no key of a bureau called {printable(code)}")

    async def play() -> None:
        headers = {"Authorization": f"Bearer {stack.keys.bureaus[code]}"}
        async with aiohttp.ClientSession(stack.dispatch, headers=headers) as client:
            async for line in SimulatedBureau(client, code, pace, declined).work():
                typer.echo(printable(line))

    with answer_expected("dispatch", "start it again: updates are idempotent"):
        run(play())
