"""``route311 dlq``: what was parked and why, and sending it again."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated

import asyncpg
import typer
from rich.console import Console

from cli.connection import DataOption, JsonOption, find_admin_dsn, find_kafka
from cli.interrupts import run
from cli.recovery import dlq_list as listing
from cli.recovery import dlq_show as showing
from cli.recovery.dlq_replay import Outcome, UnderWayError, line_of, run_replay
from cli.recovery.moments import moment
from cli.recovery.rejected import HandingIn
from cli.stack import DEFAULT_DATA
from shared.catalogue import load_catalogue
from shared.runtime.clock import utc_now
from shared.runtime.kafka.reader import offset_bounds
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import Connection
from shared.runtime.recovery.replay import (
    RecordFilter,
    Replay,
    load_replay_log,
    lock_replays,
    owners_by_topic,
    prune_replay_log,
    select_records,
)

app = typer.Typer(help="Show what was parked, and send it again.", no_args_is_help=True)


def _since(text: str | None) -> datetime | None:
    return None if text is None else moment(text, utc_now())


TopicOption = Annotated[
    str | None, typer.Option(help="Only what came from this topic; its -dlq name will do.")
]
CodeOption = Annotated[str | None, typer.Option(help="Only what was parked for this reason.")]
SinceOption = Annotated[
    str | None, typer.Option(help="Only what was parked since: 30m, 6h, 2d, or a moment.")
]
PlaceArgument = Annotated[
    str, typer.Argument(help="topic/partition/offset, of the parked record or of its source.")
]
BytesOption = Annotated[
    bool, typer.Option("--bytes", help="Show key, headers and value too: may be contact data.")
]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Print what would be sent.")]
AgainOption = Annotated[
    bool, typer.Option("--again", help="Send also what was sent once and came back.")
]
RejectedOption = Annotated[
    bool, typer.Option("--rejected", help="Hand in again what intake rejected, for a new answer.")
]


@app.command("list")
def list_parked(
    topic: TopicOption = None,
    code: CodeOption = None,
    since: SinceOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Count what is parked, by topic, service and code."""
    found = run(_list(data, RecordFilter(topic, code, _since(since))))
    if json_output:
        typer.echo(json.dumps(listing.as_json(found)))
    else:
        listing.show(found.groups, Console(highlight=False))


@app.command()
def show(
    place: PlaceArgument,
    whole: BytesOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show one parked record: where it came from, who parked it, and why."""
    for line in run(_show(data, place, whole=whole, as_json=json_output)):
        typer.echo(line)


@app.command()
def replay(
    topic: TopicOption = None,
    code: CodeOption = None,
    since: SinceOption = None,
    dry_run: DryOption = False,
    again: AgainOption = False,
    rejected: RejectedOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Send parked records to where they came from, as they were; a second time has no effect.

    They go by the outbox of a service that reads them, so that service must run. Whoever has
    handled one already drops it by its id. What comes back is sent once more only with --again.
    """
    if rejected and topic:
        raise typer.BadParameter("--rejected has no topic: it is what intake has kept")
    go = _hand_in if rejected else _replay
    choice = RecordFilter(topic, code, _since(since))
    outcome = run(go(data, choice, dry=dry_run, again=again, quiet=json_output))
    if json_output:
        typer.echo(json.dumps(outcome.as_json()))
    else:
        typer.echo(outcome.summary())


@asynccontextmanager
async def _database(data: Path) -> AsyncGenerator[Connection]:
    connection = await asyncpg.connect(find_admin_dsn(data))
    try:
        yield connection
    finally:
        await connection.close()


@asynccontextmanager
async def _turn(data: Path) -> AsyncGenerator[Connection]:
    async with _database(data) as db:
        if not await lock_replays(db):
            raise UnderWayError("another replay is under way; wait for its end")
        yield db


async def _list(data: Path, choice: RecordFilter) -> listing.Listing:
    found = listing.Listing()
    bootstrap = find_kafka(data)
    async with _database(data) as db:
        memory = await load_replay_log(db, SERVICES)
    async for parked in select_records(
        bootstrap, choice.select_ranges(await offset_bounds(bootstrap)), choice
    ):
        found.add(parked, memory.status(parked))
    return found


async def _show(data: Path, place: str, *, whole: bool, as_json: bool) -> list[str]:
    bootstrap = find_kafka(data)
    parked = await showing.find(bootstrap, await offset_bounds(bootstrap), place)
    async with _database(data) as db:
        standing = (await load_replay_log(db, SERVICES)).status(parked)
    if as_json:
        return [json.dumps(showing.details(parked, standing, whole=whole))]
    return showing.lines(parked, standing, whole=whole)


async def _replay(
    data: Path, choice: RecordFilter, *, dry: bool, again: bool, quiet: bool
) -> Outcome:
    bootstrap = find_kafka(data)
    spans = choice.select_ranges(await offset_bounds(bootstrap))
    async with _turn(data) as db:
        if not dry:
            await prune_replay_log(db, SERVICES)
        replay = Replay(
            db,
            await load_replay_log(db, SERVICES),
            owners_by_topic(load_catalogue().bureau_codes),
            spans,
            repeat=again,
            dry_run=dry,
            on_replay=(lambda parked: typer.echo(line_of(parked)))
            if dry and not quiet
            else _ignore,
        )
        console = None if quiet else Console(stderr=True, highlight=False)
        return await run_replay(replay, select_records(bootstrap, spans, choice), console)


async def _hand_in(
    data: Path, choice: RecordFilter, *, dry: bool, again: bool, quiet: bool
) -> Outcome:
    async with _turn(data) as db:
        memory = await load_replay_log(db, SERVICES)
        say = typer.echo if dry and not quiet else _ignore
        return await HandingIn(db, memory, choice.code, choice.since, again, dry, say).run()


def _ignore(said: object) -> None:
    del said
