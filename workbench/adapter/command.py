"""``route311 adapter check``: errors and possible improvements of an adapter."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_adapters, find_kafka
from services.intake.policy import IntakePolicy, city_of
from shared.catalogue import load_catalogue
from shared.contract.topics import CHANNEL_SUBMISSIONS
from shared.errors import Route311Error
from shared.geo import CityBoundaries
from shared.runtime.clock import utc_now
from workbench.adapter.log import read_log
from workbench.adapter.records import by_submission, read_lines, read_record
from workbench.adapter.report import AdapterReport, Finding, report_on

adapter = typer.Typer()

_RECEIPT_WITHIN = timedelta(minutes=1)

SourceOption = Annotated[
    str | None, typer.Option("--source", help="The adapter's source, such as /adapter/web.")
]
LastOption = Annotated[
    int, typer.Option("--last", min=1, help="Number of its latest records to read.")
]
FileOption = Annotated[
    Path | None,
    typer.Option(
        "--file",
        exists=True,
        dir_okay=False,
        help="Read events from a file, one per line; needs no router.",
    ),
]


class NoRecordsError(Route311Error):
    """There is nothing to check."""

    code = "no_records"


@adapter.command()
def check(
    source: SourceOption = None,
    last: LastOption = 1_000,
    file: FileOption = None,
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Check what an adapter wrote to Kafka: errors and possible improvements.

    Reads channel-submissions and the receipts, or a file with one event per line, which may
    include receipts, and a record key and a tab before each event. Exit code 1 on errors.

    Example: `route311 adapter check --source /adapter/web --last 1000`
    """
    if (source is None) == (file is None):
        raise typer.BadParameter("give --source, or --file")
    report = _of_file(file) if file else asyncio.run(_of_source(source or "", last, data))
    if not report.records:
        raise NoRecordsError(
            f"no records of {source or file} found; over HTTP the response has all errors"
        )
    if json_output:
        typer.echo(json.dumps(asdict(report)))
    else:
        _show(report, Console(highlight=False))
    if report.wrong:
        raise typer.Exit(1)


def _of_file(file: Path) -> AdapterReport:
    now = utc_now()
    with file.open("rb") as lines:
        records, receipts = read_lines(lines, now)
    read = [read_record(record, CHANNEL_SUBMISSIONS) for record in records]
    return report_on(read, by_submission(receipts) if receipts else None, offline_policy(), now)


async def _of_source(source: str, last: int, data: Path) -> AdapterReport:
    now = utc_now()
    read, receipts = await read_log(find_kafka(data), source, find_adapters(), last)
    return report_on(read, by_submission(receipts), offline_policy(), now - _RECEIPT_WITHIN)


def offline_policy() -> IntakePolicy:
    """Return intake's policy without its secrets, to judge submissions and not to accept them."""
    cities = {
        city.id: city_of(city, CityBoundaries(city.id, city.folder))
        for city in load_catalogue().jurisdictions.values()
    }
    return IntakePolicy(cities, reporter_key=b"-", public_url="")


def _show(report: AdapterReport, console: Console) -> None:
    answered = ""
    if report.accepted is not None:
        answered = f", {report.accepted:,} accepted, {report.rejected:,} rejected"
    noun = "record" if report.records == 1 else "records"
    console.print(f"{report.records:,} {noun}{answered}")
    _list("Wrong", report.wrong, console)
    _list("Better", report.better, console)
    if not report.wrong:
        console.print("Nothing is wrong.")


def _list(title: str, findings: Sequence[Finding], console: Console) -> None:
    if findings:
        console.print(f"[bold]{title}[/]")
    for finding in findings:
        line = f"  {finding.count:,}x  {finding.sentence}  ({', '.join(finding.examples)})"
        console.print(escape(line), soft_wrap=True)
