"""Terminal page of a decision, without the reporter's identity."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from rich.console import Console

from cli.terminal import printable, show_facts, show_table
from services.triage.outbound.explanation import explain
from services.triage.policy import CityPolicy
from services.triage.rules.reason_texts import MATCH_TEXT, REJECTION_TEXT, ReasonTexts, readable
from shared.catalogue.judgement import ExplainedScore
from shared.contract.events import Decision, Duplicate, Location, Priority, RejectedCandidate

_MAX_FEATURES = 12
_MINUTES = "%Y-%m-%d %H:%M UTC"

# Title, headings and rows of a table.
_Section: TypeAlias = tuple[str, Sequence[str], Sequence[Sequence[object]]]


def show(decision: Decision, city: CityPolicy, decided_at: datetime, console: Console) -> None:
    """Print the request, the decision and every reason for it."""
    show_facts(console, _head(decision, city, decided_at))
    console.print()
    for sentence in explain(decision, city.reason_texts):
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
        yield _rejected(decision.rejected)


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


def _rejected(rejected: Sequence[RejectedCandidate]) -> _Section:
    rows = []
    for one in rejected:
        away = "" if one.distance_m is None else f"{one.distance_m:.0f} m"
        why = REJECTION_TEXT.get(one.code) or readable(one.code)
        figures = f" ({one.detail})" if one.detail else ""
        rows.append((one.case_id, away, f"{one.hours_apart:.1f} h", f"{why}{figures}"))
    return "Rejected cases", ("case", "distance", "apart", "reason"), rows
