"""Terminal page of a decision; nothing on it identifies the reporter."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.terminal import printable
from services.triage.outbound.explanation import explain
from services.triage.policy import CityPolicy
from services.triage.rules.reason_texts import MATCH_TEXT, REJECTION_TEXT, ReasonTexts, readable
from shared.catalogue.judgement import ExplainedScore
from shared.contract.events import Decision, Duplicate, Location, Priority, RejectedCandidate

_MAX_FEATURES = 12
_MINUTES = "%Y-%m-%d %H:%M UTC"


def show(decision: Decision, city: CityPolicy, decided_at: datetime, console: Console) -> None:
    """Print the request, the decision and every reason for it.

    Args:
        decision: The decision.
        city: Rules of the request's city, with its wording.
        decided_at: In UTC.
        console: Output.
    """
    head = Table.grid(padding=(0, 2))
    head.add_column(style="bold")
    for name, text in _head(decision, city, decided_at):
        head.add_row(name, escape(printable(text)))
    console.print(head)
    console.print()
    for sentence in explain(decision, city.reason_texts):
        console.print(f"- {escape(printable(sentence))}", soft_wrap=True)
    scores = city.explain_text(decision.request.description)
    for title, table in (*_tables(decision, city.reason_texts), ("Text model", _scores(scores))):
        console.print(f"\n[bold]{title}[/]")
        console.print(table)


def _head(decision: Decision, city: CityPolicy, decided_at: datetime) -> Iterator[tuple[str, str]]:
    request, service = decision.request, city.services.get(decision.service_code)
    yield "Request", f"{decision.tracking_number}, {decision.request_id}"
    yield "Reported", f"{request.observed_at.astimezone(UTC):{_MINUTES}} by {request.channel}"
    yield "Kind", f"{service.name.en if service else '?'}, {decision.service_code}"
    yield "Words", request.description
    yield "Place", _location(request.location)
    for name, answer in request.attributes.items():
        yield "Answer", f"{name}: {answer}"
    yield "Decided", f"{decided_at:{_MINUTES}} by rules {decision.rules_version}"
    yield "Outcome", f"{decision.outcome}, {decision.priority.level}"
    yield "Case", decision.case_id or "none"
    for advice in decision.advice:
        yield "Told", f"{advice.text} ({advice.code})"


def _location(location: Location) -> str:
    point = None
    if location.latitude is not None and location.longitude is not None:
        point = f"{location.latitude:.5f}, {location.longitude:.5f}"
    parts = (location.address, location.details, point, location.precision)
    return "; ".join(filter(None, parts))


def _tables(decision: Decision, wording: ReasonTexts) -> Iterator[tuple[str, Table]]:
    yield f"Priority {decision.priority.level}", _priority(decision.priority, wording)
    if (match := decision.duplicate) is not None:
        yield f"Held against case {match.of_case}, {match.confidence:.0%} sure", _match(match)
    if decision.rejected:
        yield "Not these cases", _rejected(decision.rejected)


def _priority(priority: Priority, wording: ReasonTexts) -> Table:
    table = Table()
    table.add_column("Points", justify="right")
    table.add_column("For", overflow="fold")
    table.add_column("Said by", overflow="fold")
    for reason in priority.reasons:
        words = wording.reasons.get(reason.code) or readable(reason.code)
        evidence = escape(printable(reason.evidence or ""))
        table.add_row(f"{reason.points:+d}", escape(words), evidence)
    table.add_section()
    table.add_row(str(priority.score), "in all")
    return table


def _scores(scores: Sequence[ExplainedScore]) -> Table:
    table = Table()
    table.add_column("For", overflow="fold")
    table.add_column("Score", justify="right")
    table.add_column("Needed", justify="right")
    table.add_column("Words and @conditions by weight", overflow="fold")
    for one in scores:
        heaviest = one.contributions[:_MAX_FEATURES]
        rest = sum(weight for _, weight in one.contributions[_MAX_FEATURES:])
        parts = [f"{printable(feature)} {weight:+d}" for feature, weight in heaviest]
        words = "; ".join((*parts, f"all others {rest:+d}", f"start {one.bias:+d}"))
        table.add_row(readable(one.label), str(one.points), str(one.least), escape(words))
    return table


def _match(match: Duplicate) -> Table:
    table = Table("Speaks for or against", "Figures")
    for reason in match.reasons:
        words = MATCH_TEXT.get(reason.code) or readable(reason.code)
        table.add_row(words, escape(printable(reason.detail or "")))
    return table


def _rejected(rejected: Sequence[RejectedCandidate]) -> Table:
    table = Table()
    table.add_column("Case", no_wrap=True)
    for heading in ("Away", "Apart"):
        table.add_column(heading, justify="right")
    table.add_column("Why not", overflow="fold")
    for one in rejected:
        away = "" if one.distance_m is None else f"{one.distance_m:.0f} m"
        why = REJECTION_TEXT.get(one.code) or readable(one.code)
        figures = f" ({printable(one.detail)})" if one.detail else ""
        table.add_row(one.case_id, away, f"{one.hours_apart:.1f} h", escape(why + figures))
    return table
