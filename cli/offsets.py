"""``route311 offsets``: positions of readers after a restore."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated

import typer

from cli.connection import (
    DEFAULT_DATA,
    DataOption,
    DryOption,
    JsonOption,
    find_adapters,
    find_admin_dsn,
    find_kafka,
)
from shared.runtime.migrate import SERVICES
from shared.runtime.recovery.skip_to_end import SkipResult, skip_to_end

offsets = typer.Typer()

ServiceOption = Annotated[list[str] | None, typer.Option(help="Only these services.")]


@offsets.command("to-end")
def to_end(
    service: ServiceOption = None,
    dry_run: DryOption = False,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Skip everything that Kafka holds, after an older database was restored.

    The services must be stopped. Nothing that happened since the backup is repeated: no second
    message to a resident, no second work order. Afterwards do not run `route311 republish` with a
    --since before the restore: it would rewind the positions.

    Example: `route311 offsets to-end --dry-run`
    """
    from shared.catalogue import load_catalogue  # noqa: PLC0415 - slow to load
    from shared.contract.topics import all_topics  # noqa: PLC0415 - slow to load

    if unknown := set(service or ()) - set(SERVICES):
        raise typer.BadParameter(f"no service {', '.join(sorted(unknown))}")
    skipped = asyncio.run(
        skip_to_end(
            find_kafka(data),
            find_admin_dsn(data),
            service or SERVICES,
            list(all_topics(load_catalogue().bureau_codes, find_adapters())),
            dry_run=dry_run,
        )
    )
    if json_output:
        services = {name: asdict(result) for name, result in skipped.items()}
        typer.echo(json.dumps({"dry_run": dry_run, "services": services}))
        return
    for line in lines(skipped, dry_run=dry_run):
        typer.echo(line)


def lines(skipped: Mapping[str, SkipResult], *, dry_run: bool) -> Iterator[str]:
    """Yield a line for each service, topic and table with something that is skipped."""
    verb = "would skip" if dry_run else "skips"
    for service, result in skipped.items():
        yield f"{service} {verb} {sum(result.records.values()):,} records"
        yield from (f"  {topic}  {count:,}" for topic, count in result.records.items())
        if result.unpublished:
            yield f"  outbox: {result.unpublished:,} messages are not published again"
        if result.deferred:
            yield f"  deferred: {result.deferred:,} records are not retried"
        if result.unsent:
            yield f"  deliveries: {result.unsent:,} messages end as unknown and are not sent"
