"""``route311 triage explain``: the reasons for a decision, without the reporter's identity."""

import json
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from rich.console import Console
from rich.progress import Progress

from cli.connection import DEFAULT_DATA, DataOption, JsonOption, find_kafka, find_operations_dsn
from cli.explain.dry_run import decide, request_of_json, request_of_text
from cli.explain.lookup import OnProgress, find_decision
from cli.interrupts import run
from cli.terminal import printable, show_facts, show_table
from services.triage.decisions.assessment import UnknownKindError
from services.triage.outbound import explain as explanation_of
from services.triage.policy import CityPolicy, TriagePolicy
from services.triage.rules.reason_texts import MATCH_TEXT, REJECTION_TEXT, ReasonTexts, readable
from shared.catalogue import load_catalogue
from shared.catalogue.judgement import ExplainedScore
from shared.contract.events import Decision, Duplicate, Location, Priority, RejectedCandidate
from shared.runtime.clock import utc_now

_MAX_FEATURES = 12
_MINUTES = "%Y-%m-%d %H:%M UTC"

# Title, headings and rows of a table.
_Section: TypeAlias = tuple[str, Sequence[str], Sequence[Sequence[object]]]


def show_decision(
    decision: Decision, city: CityPolicy, decided_at: datetime, console: Console
) -> None:
    """Print the request, the decision and every reason for it."""
    show_facts(console, _head(decision, city, decided_at))
    console.print()
    for sentence in explanation_of(decision, city.reason_texts):
        console.print(f"- {printable(sentence)}", markup=False)
    scores = city.explain_text(decision.request.description)
    for title, headings, rows in (*_tables(decision, city.reason_texts), _scores(scores)):
        console.print(f"\n[bold]{title}[/]")
        show_table(console, headings, rows, "none")


def _head(decision: Decision, city: CityPolicy, decided_at: datetime) -> Iterator[tuple[str, str]]:
    request, service = decision.request, city.services.get(decision.service_code)
    yield "Request", f"{decision.tracking_number}, {decision.request_id}"
    yield "Reported", f"{request.observed_at.astimezone(UTC):{_MINUTES}} by {request.channel}"
    yield "Kind", f"{service.name.en if service else '?'}, {decision.service_code}"
    yield "Text", request.description
    yield "Location", _location(request.location)
    for name, answer in request.attributes.items():
        yield "Answer", f"{name}: {answer}"
    yield "Decided", f"{decided_at:{_MINUTES}} by rules {decision.rules_version}"
    yield "Outcome", f"{decision.outcome}, {decision.priority.level}"
    yield "Case", decision.case_id or "none"
    for advice in decision.advice:
        yield "Advice", f"{advice.text} ({advice.code})"


def _location(location: Location) -> str:
    point = None
    if location.latitude is not None and location.longitude is not None:
        point = f"{location.latitude:.5f}, {location.longitude:.5f}"
    parts = (location.address, location.details, point, location.precision)
    return "; ".join(filter(None, parts))


def _tables(decision: Decision, wording: ReasonTexts) -> Iterator[_Section]:
    yield _priority(decision.priority, wording)
    if (match := decision.duplicate) is not None:
        yield _match(match)
    if decision.rejected:
        yield _rejected_cases(decision.rejected)


def _priority(priority: Priority, wording: ReasonTexts) -> _Section:
    rows = [
        (
            f"{reason.points:+d}",
            wording.reasons.get(reason.code) or readable(reason.code),
            reason.evidence or "",
        )
        for reason in priority.reasons
    ]
    total = (str(priority.score), "total", "")
    return f"Priority {priority.level}", ("points", "reason", "evidence"), [*rows, total]


def _scores(scores: Sequence[ExplainedScore]) -> _Section:
    rows = []
    for one in scores:
        heaviest = one.contributions[:_MAX_FEATURES]
        rest = sum(weight for _, weight in one.contributions[_MAX_FEATURES:])
        parts = [f"{feature} {weight:+d}" for feature, weight in heaviest]
        words = "; ".join((*parts, f"all others {rest:+d}", f"bias {one.bias:+d}"))
        rows.append((readable(one.label), one.points, one.least, words))
    return "Text model", ("label", "score", "threshold", "words and @conditions by weight"), rows


def _match(match: Duplicate) -> _Section:
    rows = [
        (MATCH_TEXT.get(reason.code) or readable(reason.code), reason.detail or "")
        for reason in match.reasons
    ]
    title = f"Compared with case {match.of_case}, confidence {match.confidence:.0%}"
    return title, ("reason", "figures"), rows


def _rejected_cases(rejected: Sequence[RejectedCandidate]) -> _Section:
    rows = []
    for one in rejected:
        away = "" if one.distance_m is None else f"{one.distance_m:.0f} m"
        why = REJECTION_TEXT.get(one.code) or readable(one.code)
        figures = f" ({one.detail})" if one.detail else ""
        rows.append((one.case_id, away, f"{one.hours_apart:.1f} h", f"{why}{figures}"))
    return "Rejected cases", ("case", "distance", "apart", "reason"), rows


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
        show_decision(decision, city, at, Console(highlight=False))


@contextmanager
def _progress_bar(*, hidden: bool) -> Generator[OnProgress]:
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=hidden) as bars:
        task = bars.add_task("reading decisions", total=None)

        def on_progress(done: int, total: int) -> None:
            bars.update(task, completed=done, total=total)

        yield on_progress
