"""``route311 republish``: refills a broker that lost part of its log."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.connection import DataOption, JsonOption, find_admin_dsn, find_kafka
from cli.interrupts import run
from cli.recovery.moments import moment
from cli.recovery.recovered import as_json, lines
from cli.stack import DEFAULT_DATA
from shared.runtime.clock import utc_now
from shared.runtime.migrate import SERVICES
from shared.runtime.recovery.republish import OutboxReplay, RepublishResult, RepublishRun

SinceOption = Annotated[
    str, typer.Option(help="A while before the broker's log ends now: 30m, 6h, or a moment.")
]
ServiceOption = Annotated[
    list[str] | None, typer.Option(help="Only these services' outboxes and positions.")
]
TopicOption = Annotated[list[str] | None, typer.Option(help="Only these topics.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would be done.")]
LossOption = Annotated[
    bool,
    typer.Option(
        "--accept-loss", help="Go on behind records that the broker deleted before they were read."
    ),
]


def republish(
    since: SinceOption,
    service: ServiceOption = None,
    topic: TopicOption = None,
    dry_run: DryOption = False,
    accept_loss: LossOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Publish again what the outboxes hold since a moment; set readers' positions right.

    For a broker that came back with an older log. Every reader goes back to that moment too, and
    drops by id what it has done. Exit code 1 when a reader's next records are gone for good.
    """
    at = moment(since, utc_now())
    if unknown := set(service or ()) - set(SERVICES):
        raise typer.BadParameter(f"no service {', '.join(sorted(unknown))}")
    console = Console(stderr=True, quiet=json_output, highlight=False)
    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.completed:,} messages")
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("republish", total=None)
        refill = OutboxReplay(at, topic, dry_run, on_step=lambda rows: bar.advance(task, rows))
        done = run(_recover(data, refill, service or SERVICES, accept_loss=accept_loss))
    if json_output:
        typer.echo(json.dumps(as_json(done, dry=dry_run)))
    else:
        for line in lines(done, dry=dry_run):
            typer.echo(line)
    if any(done.left.values()):
        raise typer.Exit(1)


async def _recover(
    data: Path, refill: OutboxReplay, services: "list[str] | tuple[str, ...]", *, accept_loss: bool
) -> RepublishResult:
    recovery = RepublishRun(find_kafka(data), find_admin_dsn(data), services, refill, accept_loss)
    return await recovery.run()
