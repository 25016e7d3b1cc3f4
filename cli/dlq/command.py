"""``route311 dlq``: list, show and replay dead letters."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli import audit
from cli.connection import (
    DEFAULT_DATA,
    DataOption,
    DryOption,
    JsonOption,
    find_admin_dsn,
    find_kafka,
    find_operations_dsn,
)
from cli.dlq import listing
from cli.dlq.rejected import RejectedReplay, ReplayOutcome, ReplayUnderWayError, line_of, run_replay
from cli.interrupts import run
from cli.terminal import parse_moment, print_found
from shared.catalogue import load_catalogue
from shared.runtime.clock import utc_now
from shared.runtime.consumer.garbage import load_dropped
from shared.runtime.kafka.reader import offset_bounds
from shared.runtime.migrate import SERVICES
from shared.runtime.postgres import Connection, open_database
from shared.runtime.recovery.replay import (
    RecordFilter,
    Replay,
    load_replay_log,
    lock_replays,
    owners_by_topic,
    prune_replay_log,
    select_records,
)
from shared.runtime.recovery.tombstones import erased_among

dlq = typer.Typer()

TopicOption = Annotated[
    str | None,
    typer.Option(help="Only records of this topic; the name of its -dlq topic works, too."),
]
CodeOption = Annotated[str | None, typer.Option(help="Only records with this reason code.")]
SinceOption = Annotated[
    str | None, typer.Option(help="Only records dead-lettered since: 30m, 6h, 2d, or a time.")
]
PlaceArgument = Annotated[
    str, typer.Argument(help="topic/partition/offset of the dead letter, or of its source.")
]
BytesOption = Annotated[
    bool, typer.Option("--bytes", help="Show key, headers and value, too: may hold contact data.")
]
AgainOption = Annotated[
    bool,
    typer.Option(
        "--again", help="Include records that were replayed before and dead-lettered again."
    ),
]
RejectedOption = Annotated[
    bool, typer.Option("--rejected", help="Resubmit what intake rejected, for a new receipt.")
]


@dlq.command("list")
def list_parked(
    topic: TopicOption = None,
    code: CodeOption = None,
    since: SinceOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Count dead letters by code, topic and service, with the ages of the newest and oldest.

    Example: `route311 dlq list --since 2d`
    """
    found = run(_list(data, _record_filter(topic, code, since)))
    shown = partial(listing.show, found, now=utc_now())
    print_found(listing.as_json(found), shown, as_json=json_output)


@dlq.command()
def show(
    place: PlaceArgument,
    whole: BytesOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Show one dead letter: its source, the service that parked it, and the reason.

    Example: `route311 dlq show channel-submissions-dlq/0/0`
    """
    for line in run(_show(data, place, whole=whole, json_output=json_output)):
        typer.echo(line)


@dlq.command()
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
    """Replay dead letters to their topics, unchanged; idempotent.

    They go through the outbox of a service that reads the topic, so that service must run. A
    reader drops by id what it has handled. What was dead-lettered again after a replay is sent
    again only with --again.

    Example: `route311 dlq replay --topic triage-decisions --dry-run`
    """
    if rejected and topic:
        raise typer.BadParameter("--rejected excludes --topic: intake stores rejected submissions")
    selection = _record_filter(topic, code, since)
    send = _replay_rejected if rejected else _replay
    outcome = run(send(data, selection, dry=dry_run, again=again, quiet=json_output))
    print_found(asdict(outcome), outcome.summary(), as_json=json_output)


def _record_filter(topic: str | None, code: str | None, since: str | None) -> RecordFilter:
    return RecordFilter(topic, code, None if since is None else parse_moment(since, utc_now()))


@asynccontextmanager
async def _locked_database(data: Path) -> AsyncGenerator[Connection]:
    """Open the database with the advisory lock of replays."""
    async with open_database(find_admin_dsn(data)) as db:
        if not await lock_replays(db):
            raise ReplayUnderWayError("another replay is running; wait until it ends")
        yield db


async def _list(data: Path, selection: RecordFilter) -> listing.DeadLetterListing:
    found = listing.DeadLetterListing()
    access = find_kafka(data)
    spans = selection.select_ranges(await offset_bounds(access))
    async with open_database(find_operations_dsn(data)) as db:
        log = await load_replay_log(db, SERVICES)
        found.dropped = await load_dropped(db, SERVICES)
    log.erased_requests = await erased_among(access, spans)
    async for letter in select_records(access, spans, selection):
        found.add(letter, log.status(letter))
    return found


async def _show(data: Path, position: str, *, whole: bool, json_output: bool) -> list[str]:
    access = find_kafka(data)
    bounds = await offset_bounds(access)
    letter = await listing.find(access, bounds, position)
    async with open_database(find_operations_dsn(data)) as db:
        log = await load_replay_log(db, SERVICES)
    log.erased_requests = await erased_among(access, bounds)
    status = log.status(letter)
    if whole:
        audit.record("bytes_shown", data, record=letter.position, source=letter.source)
    if json_output:
        return [json.dumps(listing.details(letter, status, whole=whole))]
    return listing.record_lines(letter, status, whole=whole)


async def _replay(
    data: Path, selection: RecordFilter, *, dry: bool, again: bool, quiet: bool
) -> ReplayOutcome:
    access = find_kafka(data)
    spans = selection.select_ranges(await offset_bounds(access))
    async with _locked_database(data) as db:
        if not dry:
            await prune_replay_log(db, SERVICES)
        log = await load_replay_log(db, SERVICES)
        log.erased_requests = await erased_among(access, spans)
        replay = Replay(
            db,
            log,
            owners_by_topic(load_catalogue().bureau_codes),
            spans,
            repeat=again,
            dry_run=dry,
            on_replay=(lambda letter: typer.echo(line_of(letter)))
            if dry and not quiet
            else _ignore,
        )
        console = None if quiet else Console(stderr=True, highlight=False)
        return await run_replay(replay, select_records(access, spans, selection), console)


async def _replay_rejected(
    data: Path, selection: RecordFilter, *, dry: bool, again: bool, quiet: bool
) -> ReplayOutcome:
    async with _locked_database(data) as db:
        log = await load_replay_log(db, SERVICES)
        on_due = typer.echo if dry and not quiet else _ignore
        return await RejectedReplay(
            db, log, selection.code, selection.since, again, dry, on_due
        ).run()


def _ignore(_: object) -> None:
    """Print nothing."""
