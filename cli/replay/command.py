"""``route311 replay``: feed an export into a running router and show what becomes of it."""

import asyncio
import json
import time
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.connection import DEFAULT_DATA, Stack, load_stack
from cli.interrupts import InterruptedRunError, run
from cli.replay.formats import FORMATS, format_of
from cli.replay.pace import Pacing, parse_speed
from cli.replay.rows import opened
from cli.replay.runner import ReplayResult, run_replay
from cli.replay.tally import Result, Tally
from cli.replay.tracker import outcome_tracker
from cli.replay.transports import Transport, by_http, by_kafka
from cli.replay.view import as_json, progress, summary
from shared.catalogue import load_catalogue

_ADAPTER = "demo"
_QUIET_S = 5.0


class Via(StrEnum):
    """The ways in."""

    KAFKA = "kafka"
    HTTP = "http"


def _speed(text: str) -> str:
    try:
        parse_speed(text)
    except ValueError:
        raise typer.BadParameter("give `max`, or a number above 0 such as 3600") from None
    return text


def _format(name: str | None) -> str | None:
    if name is not None and name not in FORMATS:
        raise typer.BadParameter(f"known are {', '.join(FORMATS)}")
    return name


FileArgument = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="The export; plain or gzip.")
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format", callback=_format, help=f"{'/'.join(FORMATS)}; else the file's first line says."
    ),
]
SpeedOption = Annotated[
    str, typer.Option(callback=_speed, help="How many times as fast as it happened, or max.")
]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Send this many rows at most.")]
ViaOption = Annotated[
    Via, typer.Option(help="By http the time of arrival counts, not the export's.")
]
RejectsOption = Annotated[
    Path, typer.Option(help="Where rows go that cannot be sent, with the reason.")
]
DataOption = Annotated[Path, typer.Option("--data", help="Folder of the running router.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the summary as one JSON object.")]


@dataclass(frozen=True, slots=True)
class _Plan:
    file: Path
    format: str
    pace: Pacing
    limit: int | None
    via: Via
    rejects: Path


def replay(
    file: FileArgument,
    format_name: FormatOption = None,
    speed: SpeedOption = "max",
    limit: LimitOption = None,
    via: ViaOption = Via.KAFKA,
    rejects: RejectsOption = Path("replay-rejects.jsonl"),
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Feed an export into a running router and show what becomes of every row.

    Each row keeps the export's own id and time, so a second replay changes nothing. A type that
    the catalogue lacks is sent as OTHER and listed; a row that cannot be sent is kept with the
    reason.
    """
    plan = _Plan(
        file, format_name or format_of(file), Pacing(parse_speed(speed)), limit, via, rejects
    )
    console = Console(stderr=json_output, highlight=False)
    began = time.monotonic()
    try:
        played, result = run(_replay(plan, load_stack(data), console))
    except InterruptedRunError:
        raise typer.Exit(130) from None
    took_s = time.monotonic() - began
    if json_output:
        typer.echo(json.dumps(as_json(played, result, took_s)))
    else:
        summary(console, played, result, took_s)


async def _replay(plan: _Plan, stack: Stack, console: Console) -> tuple[ReplayResult, Result]:
    catalogue = load_catalogue()
    source = f"/replay/{plan.format}" if plan.via is Via.KAFKA else f"/http/{_ADAPTER}"
    played, tally = ReplayResult(), Tally(source)
    reader = await outcome_tracker(stack.kafka, catalogue.bureau_codes, tally)
    async with _way(plan, stack, tally) as way, asyncio.TaskGroup() as group:
        with opened(plan.file) as text, progress(console, played, tally):
            rows = islice(FORMATS[plan.format](text, catalogue), plan.limit)
            following = group.create_task(
                reader.follow(lambda: played.sent if played.finished else None, _QUIET_S)
            )
            await run_replay(rows, way, plan.pace, plan.rejects, played)
            result = await following
    return played, result


def _way(plan: _Plan, stack: Stack, tally: Tally) -> AbstractAsyncContextManager[Transport]:
    if plan.via is Via.HTTP:
        return by_http(stack.intake, stack.keys.adapters[_ADAPTER], tally)
    return by_kafka(stack.kafka)
