"""What a person and a program see of an evaluation."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from evaluation.backtest import BacktestDecision
from evaluation.comparison import Change, DecisionSummary
from evaluation.measures import Agreement, EvaluationResult
from evaluation.text_model.train import TrainedModel
from evaluation.trial import BacktestRun, ProgressTracker

_MOST_KINDS = 20
_SHARES = (0.05, 0.08, 0.1, 0.14)  # of requests flagged at most


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was found, by which rules and in how many seconds."""

    outcome: EvaluationResult
    rules_version: str
    seconds: float


def bar(*, hidden: bool) -> ProgressTracker:
    """Return what shows a bar on the standard error stream while requests are decided."""
    console = Console(stderr=True)

    def shown(judged: Iterable[BacktestDecision], total: int) -> Iterator[BacktestDecision]:
        return iter(
            track(judged, "deciding", total=total, console=console, transient=True, disable=hidden)
        )

    return shown


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return all that was found, for a program."""
    outcome = evaluation.outcome
    return {
        **_figures(outcome.whole),
        "p99_us": round(outcome.p99_us, 1),
        "seconds": round(evaluation.seconds, 2),
        "rules_version": evaluation.rules_version,
        "outcomes": outcome.outcomes,
        "priorities": outcome.levels,
        "unmapped": outcome.unmapped,
        "kinds": {kind: _figures(agreement) for kind, agreement in outcome.kinds.items()},
        "curve": [asdict(step) for step in outcome.curve],
    }


def show(evaluation: Evaluation, console: Console) -> None:
    """Print a table by kind, and what holds of all."""
    outcome = evaluation.outcome
    console.print(_table(outcome))
    for line in _curve(outcome):
        console.print(line)
    console.print(f"Outcomes: {_counts(outcome.outcomes)}. Priorities: {_counts(outcome.levels)}.")
    if outcome.unmapped:
        console.print(f"{outcome.unmapped:,} are of kinds that the catalogue does not know.")
    console.print(
        f"99 % of decisions within {outcome.p99_us:,.0f} µs of processor time; "
        f"rules {evaluation.rules_version}; {evaluation.seconds:.1f} s in all."
    )


def _figures(agreement: Agreement) -> dict[str, Any]:
    return {
        **asdict(agreement),
        "recall": agreement.recall,
        "flagged_share": agreement.flagged_share,
        "right_case_share": agreement.right_case_share,
    }


def _table(outcome: EvaluationResult) -> Table:
    table = Table(title="Duplicates, by kind")
    table.add_column("Kind", overflow="fold")
    for heading in ("Requests", "Flagged", "Labelled", "Found", "Right case"):
        table.add_column(heading, justify="right")
    for kind, agreement in list(outcome.kinds.items())[:_MOST_KINDS]:
        table.add_row(kind, *_cells(agreement))
    if (others := len(outcome.kinds) - _MOST_KINDS) > 0:
        table.add_row(f"{others} more: see --json")
    table.add_section()
    table.add_row("all", *_cells(outcome.whole))
    return table


def _curve(outcome: EvaluationResult) -> Iterator[str]:
    """Say what would be found if fewer requests were flagged, the surest ones."""
    if outcome.whole.recall is None:
        return
    within = (next((s for s in outcome.curve if s.flagged_share <= m), None) for m in _SHARES)
    for step in dict.fromkeys(within):
        if step is not None and step.flagged_share < (outcome.whole.flagged_share or 0):
            flagged, found = _percent(step.flagged_share), _percent(step.recall)
            yield f"Confidence from {step.threshold:.2f}: {flagged} flagged, {found} found."


def _cells(agreement: Agreement) -> list[str]:
    return [
        f"{agreement.requests:,}",
        _percent(agreement.flagged_share),
        f"{agreement.labelled:,}",
        _percent(agreement.recall),
        _percent(agreement.right_case_share),
    ]


def _percent(part: float | None) -> str:
    return "-" if part is None else f"{part:.1%}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


_MOST_SHOWN = 40


def changes_as_json(
    found: Sequence[Change], before: BacktestRun, after: BacktestRun
) -> dict[str, Any]:
    """Return every request that is decided differently, for a program."""
    return {
        "requests": len(before.counted),
        "rules_versions": [before.rules_version, after.rules_version],
        "changes": [asdict(change) for change in found],
    }


def show_changes(found: Sequence[Change], requests: int, console: Console) -> None:
    """Print what is decided differently: how often, and the first requests."""
    console.print(f"{len(found):,} of {requests:,} requests would be decided differently.")
    turns = Counter((change.before.outcome, change.after.outcome) for change in found)
    for (was, is_now), count in turns.most_common():
        console.print(f"{count:>8,}  {was} -> {is_now}")
    if not found:
        return
    table = Table("Request", "Kind", "Before", "After")
    for change in found[:_MOST_SHOWN]:
        table.add_row(
            change.request_id, change.kind, _in_words(change.before), _in_words(change.after)
        )
    console.print(table)
    if len(found) > _MOST_SHOWN:
        console.print(f"The first {_MOST_SHOWN}; --json has them all.")


def _in_words(verdict: DecisionSummary) -> str:
    held = f" of {verdict.held_against}" if verdict.held_against else ""
    return f"{verdict.outcome}{held}, {verdict.priority}"


def show_hints(learnt: TrainedModel, console: Console) -> None:
    """Print how well the hints do on writers whom they do not know."""
    table = Table("condition", "language", "found", "false alarms", "hints")
    for code, by_language in learnt.figures.items():
        for language, one in by_language.items():
            rates = f"{one.recall:.1%}", f"{one.false_alarms:.1%}"
            table.add_row(
                code, language, *rates, f"{len(learnt.weights[code][language].weights):,}"
            )
    console.print(table)
