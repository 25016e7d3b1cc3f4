"""``route311 triage``: backtest, compare and train, without a running router."""

import json
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import workbench.evaluation
from cli.connection import JsonOption
from shared.catalogue import PACKAGE_DATA, load_catalogue
from workbench.evaluate.picture import draw
from workbench.evaluate.view import (
    Evaluation,
    as_json,
    bar,
    changes_as_json,
    orders_as_json,
    show,
    show_changes,
    show_model,
    show_orders,
)
from workbench.evaluation.comparison import changes
from workbench.evaluation.exports import read_pairs
from workbench.evaluation.measures import measure
from workbench.evaluation.surprise import both_orders
from workbench.evaluation.training.train import train
from workbench.evaluation.trial import BacktestRun, Selection, rules_at, run_backtest

_LABELS_FOLDER = Path(workbench.evaluation.__file__).parent / "labels"
_LABELS, _KINDS = [_LABELS_FOLDER / "real_reports.csv"], [_LABELS_FOLDER / "kinds.csv"]
_REPORTS = Path(workbench.evaluation.__file__).parents[3] / "shared" / "data" / "real_reports"

app = typer.Typer()


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
LabelsOption = Annotated[
    Path,
    typer.Option(
        "--pairs", exists=True, dir_okay=False, help="CSV of labelled duplicates, plain or gzip."
    ),
]
TextsArgument = Annotated[
    list[Path], typer.Argument(exists=True, dir_okay=False, help="JSON Lines, one file per writer.")
]
ReportLabelsOption = Annotated[
    list[Path],
    typer.Option(
        exists=True,
        dir_okay=False,
        help="CSV with the labels of real reports; repeatable, a later file overrides.",
    ),
]
KindLabelsOption = Annotated[
    list[Path],
    typer.Option(
        exists=True,
        dir_okay=False,
        help="CSV with the kinds of real reports; repeatable, a later file overrides.",
    ),
]
ReportsOption = Annotated[
    Path, typer.Option(help="Folder with the texts of the real reports, *.jsonl.gz.")
]
FlagOption = Annotated[
    float, typer.Option(min=0, max=1, help="Maximum share of all requests to flag.")
]
CityOption = Annotated[str | None, typer.Option(help="City (default: detected).")]
FromOption = Annotated[
    datetime | None,
    typer.Option("--from", parser=_moment, metavar="TIME", help="Count only requests since then."),
]
ToOption = Annotated[
    datetime | None,
    typer.Option(
        "--to", "--until", parser=_moment, metavar="TIME", help="Count only requests before then."
    ),
]
AfterOption = Annotated[
    float | None,
    typer.Option(min=0, help="Count only requests this many days after the first and later."),
]
PictureOption = Annotated[
    Path | None, typer.Option(dir_okay=False, help="Write the curve to this file, as SVG.")
]
RulesOption = Annotated[
    Path,
    typer.Option(exists=True, help="Rules: a catalogue's folder, or an evidence.yaml."),
]
CatalogueOption = Annotated[
    Path,
    typer.Option(exists=True, file_okay=False, help="Catalogue with the rules in use."),
]
CompareOption = Annotated[
    tuple[Path, Path] | None,
    typer.Option(
        exists=True,
        metavar="RULES RULES",
        help="Two such folders or files: list the decisions that differ.",
    ),
]

SurpriseOption = Annotated[
    bool,
    typer.Option(
        "--surprise",
        help="Show the order of cases by the number of reporters, and by how many more they are "
        "than kind and district usually have.",
    ),
]


@app.command()
def evaluate(
    requests: RequestsArgument,
    pairs: PairsOption = None,
    city: CityOption = None,
    since: FromOption = None,
    until: ToOption = None,
    after: AfterOption = None,
    picture: PictureOption = None,
    rules: RulesOption = PACKAGE_DATA,
    compare: CompareOption = None,
    surprise: SurpriseOption = False,
    json_output: JsonOption = False,
) -> None:
    """Backtest the rules on past requests: duplicates found, requests flagged, priorities.

    Requests are decided in order of time; those outside the counted period are history for those
    inside. Columns are request_id, reported_at, service_code, latitude, longitude, address and
    description, or those of Boston's export or of Portland's campsites; of pairs request_id and
    duplicate_of.

    Example: `route311 triage evaluate past.csv --pairs pairs.csv --from 2026-09-01`
    """
    days = None if after is None else timedelta(days=after)
    selection = Selection(requests, city, since, until, days)
    labels = read_pairs(pairs) if pairs else []
    console = Console(highlight=False)
    if compare:
        _compare(selection, compare, console, json_output=json_output)
        return
    began = time.monotonic()
    run = _backtest(selection, rules, hidden=json_output)
    if surprise:
        orders = both_orders(run)
        if json_output:
            typer.echo(json.dumps(orders_as_json(orders)))
        else:
            show_orders(orders, console)
        return
    result = measure(run.decisions, labels, run.counted)
    measured = Evaluation(result, run.rules_version, time.monotonic() - began)
    if picture is not None:
        picture.write_text(draw(result), encoding="utf-8")
    if json_output:
        typer.echo(json.dumps(as_json(measured)))
    else:
        show(measured, console)


@app.command("learn")
def learn_rules(
    requests: RequestsArgument,
    pairs: LabelsOption,
    city: CityOption = None,
    since: FromOption = None,
    until: ToOption = None,
    rules: CatalogueOption = PACKAGE_DATA,
    flag: FlagOption = 0.12,
) -> None:
    """Train a city's evidence.yaml on a labelled history, and show its effects.

    The file goes to the standard output, for review; its effects on the history go to the standard
    error stream. Train on the earlier part of a history (--until) and evaluate on the rest
    (--from). Kinds with fewer than 5 labelled pairs keep prior and thresholds, those with fewer
    than 20 radius and window.

    Example: `route311 triage learn past.csv --pairs pairs.csv --until 2026-09-01 > proposed.yaml`
    """
    began = time.monotonic()
    selection = Selection(requests, city, since, until)
    trained = train(selection, read_pairs(pairs), rules, flag, bar(hidden=False))
    seconds = time.monotonic() - began
    console = Console(stderr=True, highlight=False)
    show(Evaluation(trained.effects.after, "proposed", seconds), console)
    console.print(f"All kinds: {trained.effects.of_all()}.")
    typer.echo(trained.text, nl=False)


@app.command("hints")
def learn_hints(
    texts: TextsArgument,
    labels: ReportLabelsOption = _LABELS,
    kinds: KindLabelsOption = _KINDS,
    reports: ReportsOption = _REPORTS,
    rules: CatalogueOption = PACKAGE_DATA,
) -> None:
    """Train the text model of kinds, dangers and urgency from labelled texts.

    TEXTS are synthetic, one file per writer: each line is a JSON object with language and text, and
    where they are known label (emergency, urgent, routine or harmless), kinds (service codes,
    joined by /) and dangers (classes); of lines with a part those of "train" are used, and those of
    "calibrate" set the probabilities of kinds. LABELS and KINDS belong to real reports, whose
    texts are in the folder REPORTS. Thresholds come from the real reports. The model file
    (text_model.npz) goes to the standard output, its figures on held-out reports to the standard
    error stream.

    Example: `route311 triage hints texts/*.jsonl > text_model.npz`
    """
    from workbench.evaluation.text_model.train import TrainingFiles, train_from  # noqa: PLC0415 - slow

    console = Console(stderr=True, highlight=False)
    with console.status("training"):
        files = TrainingFiles(texts, labels, kinds, reports)
        model = train_from(files, load_catalogue(rules))
    show_model(model, console)
    typer.echo(model.encode(), nl=False)


def _backtest(selection: Selection, rules: Path, *, hidden: bool) -> BacktestRun:
    with rules_at(rules, selection.requests, selection.city_id) as root:
        return run_backtest(selection, root, bar(hidden=hidden))


def _compare(
    selection: Selection, both: tuple[Path, Path], console: Console, *, json_output: bool
) -> None:
    before, after = (_backtest(selection, rules, hidden=json_output) for rules in both)
    found = changes(before, after)
    if json_output:
        typer.echo(json.dumps(changes_as_json(found, before, after)))
    else:
        show_changes(found, len(before.counted), console)
