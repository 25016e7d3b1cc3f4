"""``route311 skip``: dead-letter one record that a service cannot get past."""

import asyncio
from typing import Annotated

import typer

from cli.connection import DEFAULT_DATA, ActorOption, DataOption, find_admin_dsn, find_kafka
from shared.catalogue import load_catalogue
from shared.contract.topic import DEAD_LETTERS
from shared.contract.topics import all_topics
from shared.runtime.consumer import skips
from shared.runtime.consumer.crashes import load_crash_loops
from shared.runtime.consumer.skips import CannotSkipError
from shared.runtime.kafka import Partition
from shared.runtime.kafka.reader import offset_bounds
from shared.runtime.postgres import Connection, open_database

_MAX_OFFSET = 2**63

RecordArgument = Annotated[
    str, typer.Argument(metavar="TOPIC/PARTITION/OFFSET", help="The record, as in the logs.")
]
ReasonOption = Annotated[str, typer.Option("--reason", help="Reason; kept with the dead letter.")]
ServiceOption = Annotated[
    str | None,
    typer.Option(
        "--service", help="The service that skips it; required if several services read the topic."
    ),
]


def skip(
    record: RecordArgument,
    reason: ReasonOption,
    actor: ActorOption,
    service: ServiceOption = None,
    data: DataOption = DEFAULT_DATA,
) -> None:
    """Dead-letter one record that a service cannot get past.

    The service dead-letters it with the code "skipped" when it reads it, or when it starts. A
    record that was handled, or is far ahead of the service's position, is refused. Idempotent. To
    undo it: `route311 dlq replay --code skipped`.

    Example: `route311 skip intake-requests/3/1702 --reason "It stops triage, ticket 4711"`
    """
    if not reason.strip():
        raise typer.BadParameter("--reason must not be blank")
    partition, offset = parse_position(record)
    reader, is_new = asyncio.run(_note(data, partition, offset, service, reason, actor))
    again = "" if is_new else " (already recorded)"
    position = f"{partition.topic}/{partition.partition}/{offset}"
    typer.echo(f"{reader} dead-letters {position} when it reads it{again}")


def parse_position(text: str) -> tuple[Partition, int]:
    """Parse ``topic/partition/offset``."""
    topic, _, numbers = text.partition("/")
    number, _, offset = numbers.partition("/")
    if not (topic and _is_number(number) and _is_number(offset)):
        raise typer.BadParameter("write topic/partition/offset, as in intake-requests/3/1702")
    return Partition(topic, int(number)), int(offset)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) < _MAX_OFFSET


async def _note(
    data: DataOption,
    partition: Partition,
    offset: int,
    service: str | None,
    reason: str,
    actor: str,
) -> tuple[str, bool]:
    """Store the skip; return the service that is to skip, and False when it was stored before."""
    readers = readers_of(partition.topic)
    bounds = (await offset_bounds(find_kafka(data), [partition.topic])).get(partition)
    if bounds is None:
        raise CannotSkipError(f"{partition.topic} has no partition {partition.partition}")
    async with open_database(find_admin_dsn(data)) as db:
        reader = service or await _only_reader(db, readers, partition)
        if reader not in readers:
            raise CannotSkipError(f"{reader} does not read {partition.topic}: {', '.join(readers)}")
        is_new = await skips.note(
            db, reader, partition, offset, bounds=bounds, reason=reason, actor=actor
        )
    return reader, is_new


def readers_of(name: str) -> tuple[str, ...]:
    """Return the services that a record of the topic can block; CannotSkipError if none."""
    topics = {topic.name: topic for topic in all_topics(load_catalogue().bureau_codes)}
    readers = topics[name].readers if name in topics else ()
    if set(readers) <= {"triage-stream"}:  # the surge watcher leaves what it cannot count
        hint = "; name the original topic" if name.endswith(DEAD_LETTERS) else ""
        raise CannotSkipError(f"no service reads the topic {name}{hint}")
    return readers


async def _only_reader(db: Connection, readers: tuple[str, ...], partition: Partition) -> str:
    """Return the only reader, or the only one that is in a crash loop at the partition."""
    if len(readers) == 1:
        return readers[0]
    stuck = [
        service
        for service in readers
        if any(loop.partition == partition for loop in await load_crash_loops(db, service))
    ]
    if len(stuck) == 1:
        return stuck[0]
    raise CannotSkipError(f"several services read it: give --service {' or '.join(readers)}")
