"""``route311 triage``: the rules over files of past requests, without a running router."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from services.triage.evaluation.cli.picture import draw
from services.triage.evaluation.cli.view import Evaluation, as_json, show, tracked
from services.triage.evaluation.measures import measure
from services.triage.evaluation.period import Period
from services.triage.evaluation.playing import play
from services.triage.evaluation.rows import read_pairs, read_requests
from services.triage.rulebook import Rulebook
from shared.catalogue import load_catalogue

app = typer.Typer(
    help="Measure the rules of duplicates and urgency on past requests.", no_args_is_help=True
)


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("write a day or a moment such as 2026-09-01T08:00") from None


RequestsArgument = Annotated[
    Path,
    typer.Argument(exists=True, dir_okay=False, help="CSV or JSON Lines, plain or gzip."),
]
PairsOption = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="CSV of labelled duplicates, plain or gzip."),
]
CityOption = Annotated[
    str | None, typer.Option(help="Whose requests they are; else the columns say.")
]
FromOption = Annotated[
    datetime | None,
    typer.Option("--from", parser=_moment, metavar="TIME", help="Count requests since then."),
]
ToOption = Annotated[
    datetime | None,
    typer.Option("--to", parser=_moment, metavar="TIME", help="Count requests before then."),
]
AfterOption = Annotated[
    float | None,
    typer.Option(min=0, help="Count requests this many days after the first and later."),
]
PictureOption = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Write the curve there, as SVG.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.callback()
def _group() -> None:
    """Measure the rules of duplicates and urgency on past requests."""


@app.command()
def evaluate(
    requests: RequestsArgument,
    pairs: PairsOption = None,
    city: CityOption = None,
    since: FromOption = None,
    until: ToOption = None,
    after: AfterOption = None,
    picture: PictureOption = None,
    json_output: JsonOption = False,
) -> None:
    """Decide past requests by the rules in use, and say how well that went.

    Every request is decided in the order of its time; those outside the period that is counted
    are history for those inside it. Columns are request_id, reported_at, service_code, latitude,
    longitude, address and description, or those of Boston's export or of Portland's campsites;
    of pairs request_id and duplicate_of.
    """
    began = time.monotonic()
    catalogue = load_catalogue()
    past = read_requests(requests, catalogue, city)
    labels = read_pairs(pairs) if pairs else []
    period = Period.of(past, since, until, None if after is None else timedelta(days=after))
    rulebook = Rulebook(catalogue)
    judged = list(tracked(play(past, rulebook), len(past.rows), hidden=json_output))
    counted = [one for one in judged if one.row.reported_at in period]
    outcome = measure(judged, labels, counted)
    evaluation = Evaluation(outcome, rulebook.version, time.monotonic() - began)
    if picture is not None:
        picture.write_text(draw(outcome), encoding="utf-8")
    if json_output:
        typer.echo(json.dumps(as_json(evaluation)))
    else:
        show(evaluation, Console(highlight=False))
