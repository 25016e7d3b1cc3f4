"""``route311 replay``: send an export to a running router and count the outcomes."""

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

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, load_stack
from cli.interrupts import run
from deploy.local.stack_file import Stack
from shared.catalogue import Catalogue, load_catalogue
from shared.csv_text import open_text
from workbench.replay.formats import FORMATS, OPEN, format_of, read_rows
from workbench.replay.outcomes import OutcomeCounter, OutcomeCounts
from workbench.replay.runner import Pacing, SendProgress, parse_speed, send_rows
from workbench.replay.tracker import outcome_tracker
from workbench.replay.transports import Transport, open_http_transport, open_kafka_transport
from workbench.replay.view import as_json, live_progress, summary

_ADAPTER = "demo"
_GIVE_UP_AFTER_IDLE_S = 5.0


class Via(StrEnum):
    """Transports of submissions."""

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
    typer.Option("--format", callback=_format, help=f"{'/'.join(FORMATS)} (default: detected)."),
]
JurisdictionOption = Annotated[
    str | None,
    typer.Option(
        help="The city of an Open311 answer, whose requests do not say it (default: portland.gov).",
    ),
]
SpeedOption = Annotated[
    str, typer.Option(callback=_speed, help="Speed as a multiple of the export's own, or max.")
]
LimitOption = Annotated[int | None, typer.Option(min=1, help="Maximum number of rows.")]
ViaOption = Annotated[
    Via, typer.Option(help="Transport; over http the time of arrival replaces the export's.")
]
RejectsOption = Annotated[Path, typer.Option(help="File for invalid rows, with the reason.")]


@dataclass(frozen=True, slots=True)
class _ReplayOptions:
    file: Path
    format: str
    jurisdiction: str | None
    pacing: Pacing
    limit: int | None
    via: Via
    rejects: Path


def replay(
    file: FileArgument,
    format_name: FormatOption = None,
    jurisdiction: JurisdictionOption = None,
    speed: SpeedOption = "max",
    limit: LimitOption = None,
    via: ViaOption = Via.KAFKA,
    rejects: RejectsOption = Path("replay-rejects.jsonl"),
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Replay an export into a running router and count the outcomes.

    Each row keeps the export's own id and time, so a replay is idempotent. A type that the
    catalogue lacks is sent as OTHER and listed; an invalid row is written to --rejects.

    boston, sf, nyc, chicago: the 311 export of that city's open data portal (CSV), for
    boston.gov, sf.gov, nyc.gov and chicago.gov. portland-campsites: Portland's campsite reports
    (CSV). open311: a GeoReport v2 answer of any city (JSON, XML) or GeoReport Bulk (CSV).
    submissions: one submission or CloudEvent a line (JSON).

    Example: `route311 replay export.csv.gz --limit 1000`
    """
    name, catalogue = format_name or format_of(file), load_catalogue()
    _check_jurisdiction(jurisdiction, name, catalogue)
    options = _ReplayOptions(
        file, name, jurisdiction, Pacing(parse_speed(speed)), limit, via, rejects
    )
    console = Console(stderr=json_output, highlight=False)
    began = time.monotonic()
    sent, counts = run(_replay(options, load_stack(data), catalogue, console))
    took_s = time.monotonic() - began
    if json_output:
        typer.echo(json.dumps(as_json(sent, counts, took_s)))
    else:
        summary(console, sent, counts, took_s)


def _check_jurisdiction(city_id: str | None, format_name: str, catalogue: Catalogue) -> None:
    if city_id is not None and format_name != OPEN:
        raise typer.BadParameter(f"a file of {format_name} says its city: leave it out")
    if city_id is not None and city_id not in catalogue.jurisdictions:
        raise typer.BadParameter(f"known are {', '.join(catalogue.jurisdictions)}")


async def _replay(
    options: _ReplayOptions, stack: Stack, catalogue: Catalogue, console: Console
) -> tuple[SendProgress, OutcomeCounts]:
    by_http = options.via is Via.HTTP
    counter = OutcomeCounter(f"/http/{_ADAPTER}" if by_http else f"/replay/{options.format}")
    sent = SendProgress()
    tracker = await outcome_tracker(stack.access, catalogue.bureau_codes, counter)
    async with (
        _open_transport(options.via, stack, counter) as transport,
        asyncio.TaskGroup() as group,
    ):
        with (
            open_text(options.file, errors="replace") as text,
            live_progress(console, sent, counter),
        ):
            found = read_rows(text, options.format, catalogue, options.jurisdiction)
            tracking = group.create_task(
                tracker.follow(lambda: sent.sent if sent.finished else None, _GIVE_UP_AFTER_IDLE_S)
            )
            rows = islice(found, options.limit)
            await send_rows(rows, transport, options.pacing, options.rejects, sent)
            counts = await tracking
    return sent, counts


def _open_transport(
    via: Via, stack: Stack, counter: OutcomeCounter
) -> AbstractAsyncContextManager[Transport]:
    if via is Via.HTTP:
        return open_http_transport(
            stack.intake, stack.keys.adapters[_ADAPTER], counter.add_response
        )
    return open_kafka_transport(stack.access)
