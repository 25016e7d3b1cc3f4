"""``route311 republish``: refill a broker that lost part of its log."""

import json
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from cli.connection import (
    DEFAULT_DATA,
    DataOption,
    DryOption,
    JsonOption,
    find_admin_dsn,
    find_kafka,
)
from cli.interrupts import run
from cli.terminal import parse_moment
from shared.contract.topics import CHANNEL_SUBMISSIONS, OPERATOR_COMMANDS
from shared.runtime.clock import utc_now
from shared.runtime.migrate import SERVICES
from shared.runtime.recovery.positions import PositionChange
from shared.runtime.recovery.republish import OutboxReplay, RepublishResult, RepublishRun

_CAUSES = {
    "tail_lost": "the log ends before the position",
    "read_again": "rewound",
    "start_gone": "the broker deleted the next record",
}
_ADVICE = {
    CHANNEL_SUBMISSIONS.name: "adapters resend submissions without a receipt",
    OPERATOR_COMMANDS.name: "operators check whether their last commands took effect",
}
_UPDATES_SUFFIX = "-updates"
_UPDATES_ADVICE = "the bureau resends updates without a receipt"

SinceOption = Annotated[
    str, typer.Option(help="A time before the end of the broker's log: 30m, 6h, or a time.")
]
ServiceOption = Annotated[
    list[str] | None, typer.Option(help="Only outbox and positions of this service; repeatable.")
]
TopicOption = Annotated[list[str] | None, typer.Option(help="Only this topic; repeatable.")]
LossOption = Annotated[
    bool,
    typer.Option(
        "--accept-loss", help="Skip records that the broker deleted before they were read."
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
    """Publish the outboxes again, and rewind readers, after Kafka lost records.

    For a broker that came back with an older log. Readers are rewound to --since, too, and drop by
    id what they have handled. Exit code 1 if a reader's next records were deleted.

    Example: `route311 republish --since 3h --dry-run`
    """
    at = parse_moment(since, utc_now())
    if unknown := set(service or ()) - set(SERVICES):
        raise typer.BadParameter(f"no service {', '.join(sorted(unknown))}")
    console = Console(stderr=True, quiet=json_output, highlight=False)
    columns = SpinnerColumn(), TimeElapsedColumn(), TextColumn("{task.completed:,} messages")
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("republish", total=None)
        refill = OutboxReplay(at, topic, dry_run, on_step=lambda rows: bar.advance(task, rows))
        access, dsn = find_kafka(data), find_admin_dsn(data)
        done = run(RepublishRun(access, dsn, service or SERVICES, refill, accept_loss).run())
    if json_output:
        typer.echo(json.dumps(as_json(done, dry=dry_run)))
    else:
        for line in lines(done, dry=dry_run):
            typer.echo(line)
    if any(done.left.values()):
        raise typer.Exit(1)


def as_json(done: RepublishResult, *, dry: bool) -> dict[str, Any]:
    """Return the result as a JSON object."""
    return {
        "dry_run": dry,
        "published_again": {service: dict(rows) for service, rows in done.published_again.items()},
        "moved": [_change(s, c) for s, changes in done.moved.items() for c in changes],
        "left": [_change(s, c) for s, changes in done.left.items() for c in changes],
        "not_refilled": _not_refilled(done),
    }


def lines(done: RepublishResult, *, dry: bool) -> Iterator[str]:
    """Yield a line for each topic of each outbox, and for each position."""
    would = "would be " if dry else ""
    for service, rows in done.published_again.items():
        yield f"{service}: {rows.total():,} messages {would}published again"
        yield from (f"  {topic}  {count:,}" for topic, count in sorted(rows.items()))
    for verb, by_service in ((f"{would}set", done.moved), ("left", done.left)):
        for service, changes in by_service.items():
            yield from (_line(service, verb, change) for change in changes)
    for topic in _not_refilled(done):
        advice = _ADVICE.get(topic, _UPDATES_ADVICE)
        yield f"{topic}: lost its tail, which only its writers can restore: {advice}"
    if any(done.left.values()):
        yield "Records were lost; --accept-loss skips them."


def _line(service: str, verb: str, change: PositionChange) -> str:
    where = f"{service}  {change.partition.topic}/{change.partition.partition}"
    lost = f", at most {change.lost:,} never read" if change.lost else ""
    cause = _CAUSES[change.cause]
    return f"{where}  {verb} from {change.before} to {change.after}: {cause}{lost}"


def _change(service: str, change: PositionChange) -> dict[str, Any]:
    return {
        "service": service,
        "topic": change.partition.topic,
        "partition": change.partition.partition,
        "cause": change.cause,
        "from": change.before,
        "to": change.after,
    }


def _not_refilled(done: RepublishResult) -> list[str]:
    """Return the topics that lost records of adapters, bureaus or operators."""
    moved = (change for changes in done.moved.values() for change in changes)
    lost = {change.partition.topic for change in moved if change.cause == "tail_lost"}
    return sorted(topic for topic in lost if topic in _ADVICE or topic.endswith(_UPDATES_SUFFIX))
