"""``route311 triage explain``: why a request was, or would be, decided as it is."""

import json
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from cli.connection import DataOption, JsonOption, find_admin_dsn, find_kafka
from cli.explain.dry_run import decide, read_json, request_of_json, request_of_text
from cli.explain.lookup import OnProgress, find_decision
from cli.explain.render import show
from cli.interrupts import run
from cli.stack import DEFAULT_DATA
from services.triage.assessment import UnknownKindError
from services.triage.outbound.explanation import explain as sentences
from services.triage.policy import TriagePolicy
from shared.catalogue import load_catalogue
from shared.contract.events import Decision
from shared.runtime.clock import utc_now

_STDIN = "-"

RequestArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="REQUEST",
        help="Request id or tracking number; or a JSON file with a submission or a request, "
        "- for the standard input, to decide it now and offline.",
    ),
]
TextOption = Annotated[str | None, typer.Option(help="Words to decide now and offline.")]
KindOption = Annotated[str | None, typer.Option(help="Their service code; else the words tell it.")]
CityOption = Annotated[str, typer.Option("--jurisdiction", help="Whose the words are.")]


def explain(
    request: RequestArgument = None,
    text: TextOption = None,
    kind: KindOption = None,
    jurisdiction: CityOption = "portland.gov",
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Say why a request was decided as it was: each reason, its points, the words that gave it.

    The decision is read from the log of the running router. A file or --text is decided by the
    rules of this code, as the first report ever.
    """
    if (request is None) == (text is None):
        raise typer.BadParameter("give a REQUEST or --text")
    catalogue = load_catalogue()
    rulebook, now = TriagePolicy(catalogue), utc_now()
    if text is not None:
        decision = decide(request_of_text(text, kind, jurisdiction, catalogue, now), rulebook)
    elif (said := _json_of(request or "")) is not None:
        decision = decide(request_of_json(said, catalogue, now), rulebook)
    else:
        with _progress(hidden=json_output) as heard:
            event = run(find_decision(find_kafka(data), find_admin_dsn(data), request or "", heard))
        decision, now = event.data, event.time.astimezone(UTC)
    _tell(decision, rulebook, now, json_output=json_output)


def _json_of(request: str) -> str | None:
    if request == _STDIN:
        return sys.stdin.read()
    path = Path(request)
    return read_json(path) if path.suffix == ".json" or path.is_file() else None


def _tell(decision: Decision, rulebook: TriagePolicy, at: datetime, *, json_output: bool) -> None:
    city = rulebook.cities.get(decision.request.jurisdiction)
    if city is None:
        raise UnknownKindError("jurisdiction: not in the catalogue of this code")
    if json_output:
        found = decision.model_dump(mode="json", exclude={"request": {"reporter_ref"}})
        found |= {
            "explanation": sentences(decision, city.reason_texts),
            "decided_at": at.isoformat(),
        }
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        show(decision, city, at, Console(highlight=False))


@contextmanager
def _progress(*, hidden: bool) -> Generator[OnProgress]:
    """Show a bar on the standard error stream once there is something to wait for."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task("reading decisions", total=None)

        def heard(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield heard
