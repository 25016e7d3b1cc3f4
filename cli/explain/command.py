"""``route311 triage explain``: the reasons for a decision."""

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

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_kafka, find_operations_dsn
from cli.explain.dry_run import decide, request_of_json, request_of_text
from cli.explain.lookup import OnProgress, find_decision
from cli.explain.render import show
from cli.interrupts import run
from services.triage.decisions.assessment import UnknownKindError
from services.triage.outbound.explanation import explain as explanation_of
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
        "- for the standard input, to decide it offline.",
    ),
]
TextOption = Annotated[str | None, typer.Option(help="Text to decide offline.")]
KindOption = Annotated[
    str | None, typer.Option(help="Service code of the text; by default classified.")
]
CityOption = Annotated[str, typer.Option("--jurisdiction", help="City of the text.")]


def explain(
    request: RequestArgument = None,
    text: TextOption = None,
    kind: KindOption = None,
    jurisdiction: CityOption = "portland.gov",
    data: DataOption = DEFAULT_DATA,
    json_output: JsonOption = False,
) -> None:
    """Explain the decision on a request: each reason, its points and its evidence.

    The decision is read from the log of the running router. A file or --text is decided by the
    rules of this version, offline, as the first report ever.

    Example: `route311 triage explain 26-7KQ4-M2`
    """
    if (request is None) == (text is None):
        raise typer.BadParameter("give a REQUEST or --text")
    catalogue = load_catalogue()
    policy, now = TriagePolicy(catalogue), utc_now()
    if text is not None:
        decision = decide(request_of_text(text, kind, jurisdiction, catalogue, now), policy)
    elif (content := _json_in(request or "")) is not None:
        decision = decide(request_of_json(content, catalogue, now), policy)
    else:
        with _progress_bar(hidden=json_output) as on_progress:
            event = run(
                find_decision(
                    find_kafka(data), find_operations_dsn(data), request or "", on_progress
                )
            )
        decision, now = event.data, event.time.astimezone(UTC)
    _print(decision, policy, now, json_output=json_output)


def _json_in(request: str) -> str | None:
    """Return the content of a named file or of the standard input, else None."""
    if request == _STDIN:
        return sys.stdin.read()
    path = Path(request)
    if path.suffix == ".json" or path.is_file():
        return path.read_text(encoding="utf-8", errors="replace")
    return None


def _print(decision: Decision, policy: TriagePolicy, at: datetime, *, json_output: bool) -> None:
    city = policy.cities.get(decision.request.jurisdiction)
    if city is None:
        raise UnknownKindError("jurisdiction: not in the catalogue of this code")
    if json_output:
        found = decision.model_dump(mode="json", exclude={"request": {"reporter_ref"}})
        sentences = explanation_of(decision, city.reason_texts)
        found |= {"explanation": sentences, "decided_at": at.isoformat()}
        typer.echo(json.dumps(found, ensure_ascii=False))
    else:
        show(decision, city, at, Console(highlight=False))


@contextmanager
def _progress_bar(*, hidden: bool) -> Generator[OnProgress]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task("reading decisions", total=None)

        def on_progress(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield on_progress
