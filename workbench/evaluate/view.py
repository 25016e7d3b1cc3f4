"""Renders back-tests, comparisons and training as tables and JSON."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

from rich.console import Console
from rich.progress import track

from cli.terminal import show_table
from workbench.evaluation.backtest import BacktestDecision
from workbench.evaluation.comparison import Change, DecisionSummary
from workbench.evaluation.measures import Agreement, EvaluationResult, share
from workbench.evaluation.surprise import BothOrders, RankedCase
from workbench.evaluation.text_model.train import TrainedHeads
from workbench.evaluation.trial import BacktestRun, ProgressTracker

_HEADINGS = ("kind", "requests", "flagged", "labelled", "found", "right case")
_URGENT = ("P1", "P2")
_MAX_KINDS = 20
_MAX_CHANGES = 40
_FIRST = 100
_FLAGGED_SHARES = (0.05, 0.08, 0.1, 0.14)  # upper bounds of the flagged share


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A result with the version of the rules and the wall time in seconds."""

    result: EvaluationResult
    rules_version: str
    seconds: float


def bar(*, hidden: bool) -> ProgressTracker:
    """Return a progress bar on the standard error stream."""
    console = Console(stderr=True)

    def shown(decisions: Iterable[BacktestDecision], total: int) -> Iterator[BacktestDecision]:
        return iter(
            track(
                decisions, "deciding", total=total, console=console, transient=True, disable=hidden
            )
        )

    return shown


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return a result as a JSON object."""
    result = evaluation.result
    return {
        **_figures(result.whole),
        "p99_us": round(result.p99_us, 1),
        "seconds": round(evaluation.seconds, 2),
        "rules_version": evaluation.rules_version,
        "outcomes": result.outcomes,
        "priorities": result.levels,
        "urgent_share": _urgent_share(result),
        "unmapped": result.unmapped,
        "kinds": {kind: _figures(agreement) for kind, agreement in result.kinds.items()},
        "curve": [asdict(step) for step in result.curve],
    }


def show(evaluation: Evaluation, console: Console) -> None:
    """Print a table by kind and the figures of all requests."""
    result = evaluation.result
    console.print("Duplicates, by kind:")
    show_table(console, _HEADINGS, _rows(result))
    if (others := len(result.kinds) - _MAX_KINDS) > 0:
        console.print(f"{others} more kinds: see --json")
    for line in _curve(result):
        console.print(line)
    if (urgent := _urgent_share(result)) is not None:
        console.print(f"Judged urgent or worse: {_percent(urgent)}.")
    console.print(f"Outcomes: {_counts(result.outcomes)}. Priorities: {_counts(result.levels)}.")
    if result.unmapped:
        console.print(f"{result.unmapped:,} are of kinds that the catalogue does not know.")
    console.print(
        f"99 % of decisions within {result.p99_us:,.0f} µs of processor time; "
        f"rules {evaluation.rules_version}; {evaluation.seconds:.1f} s in all."
    )


def _urgent_share(result: EvaluationResult) -> float | None:
    """Return the share of the requests that are P1 or P2, which a city's alarm budget limits."""
    return share(sum(result.levels.get(level, 0) for level in _URGENT), result.whole.requests)


def _figures(agreement: Agreement) -> dict[str, Any]:
    return {
        **asdict(agreement),
        "recall": agreement.recall,
        "flagged_share": agreement.flagged_share,
        "right_case_share": agreement.right_case_share,
    }


def _rows(result: EvaluationResult) -> list[tuple[object, ...]]:
    kinds = [*list(result.kinds.items())[:_MAX_KINDS], ("all", result.whole)]
    return [
        (
            kind,
            one.requests,
            _percent(one.flagged_share),
            one.labelled,
            _percent(one.recall),
            _percent(one.right_case_share),
        )
        for kind, one in kinds
    ]


def _curve(result: EvaluationResult) -> Iterator[str]:
    """Yield the recall at smaller flagged shares, from higher thresholds of confidence."""
    if result.whole.recall is None:
        return
    within = (
        next((s for s in result.curve if s.flagged_share <= m), None) for m in _FLAGGED_SHARES
    )
    for step in dict.fromkeys(within):
        if step is not None and step.flagged_share < (result.whole.flagged_share or 0):
            flagged, found = _percent(step.flagged_share), _percent(step.recall)
            yield f"Confidence from {step.threshold:.2f}: {flagged} flagged, {found} found."


def _percent(part: float | None, digits: int = 1) -> str:
    return "-" if part is None else f"{part:.{digits}%}"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in counts.items())


def changes_as_json(
    found: Sequence[Change], before: BacktestRun, after: BacktestRun
) -> dict[str, Any]:
    """Return every request that two runs decide differently as a JSON object.

    Args:
        before: The first run.
    """
    return {
        "requests": len(before.counted),
        "rules_versions": [before.rules_version, after.rules_version],
        "changes": [asdict(change) for change in found],
    }


def show_changes(found: Sequence[Change], requests: int, console: Console) -> None:
    """Print the number of requests decided differently by outcome, and the first of them.

    Args:
        requests: Number of all counted requests.
        console: Where to print.
    """
    console.print(f"{len(found):,} of {requests:,} requests would be decided differently.")
    transitions = Counter((change.before.outcome, change.after.outcome) for change in found)
    for (was, is_now), count in transitions.most_common():
        console.print(f"{count:>8,}  {was} -> {is_now}")
    if not found:
        return
    rows = [
        (change.request_id, change.kind, _describe(change.before), _describe(change.after))
        for change in found[:_MAX_CHANGES]
    ]
    show_table(console, ("request", "kind", "before", "after"), rows)
    if len(found) > _MAX_CHANGES:
        console.print(f"The first {_MAX_CHANGES}; --json has them all.")


def _describe(decision: DecisionSummary) -> str:
    match = f" of {decision.held_against}" if decision.held_against else ""
    return f"{decision.outcome}{match}, {decision.priority}"


def orders_as_json(found: BothOrders) -> dict[str, Any]:
    """Return both orders and what differs as a JSON object."""
    first = min(_FIRST, len(found.by_number))
    return {
        "surprise": asdict(found.usual),
        "cases": len(found.by_number),
        "first": first,
        "stay_first": found.stay_first(first),
        "levels": [
            {"by_number": was, "by_surprise": is_now, "cases": count}
            for (was, is_now), count in sorted(found.levels.items())
        ],
        "districts": {
            district: {"cases": len(cases), "by_number": number, "by_surprise": surprise}
            for district, cases, number, surprise in _mean_scores(found)
        },
        "by_number": [_ranked_as_json(one) for one in found.by_number[:first]],
        "by_surprise": [_ranked_as_json(one) for one in found.by_surprise[:first]],
    }


def _ranked_as_json(one: RankedCase) -> dict[str, Any]:
    rounded = {"usual": round(one.usual, 2), "opened_at": one.opened_at.isoformat()}
    return asdict(one) | rounded


def _mean_scores(found: BothOrders) -> Iterator[tuple[str, Sequence[RankedCase], float, float]]:
    for district, cases in found.by_district.items():
        number = fmean(one.by_number for one in cases)
        surprise = fmean(one.by_surprise for one in cases)
        yield district, cases, round(number, 2), round(surprise, 2)


def show_orders(found: BothOrders, console: Console) -> None:
    """Print the cases whose place differs most between the orders, and what else differs."""
    places = {one.request_id: place for place, one in enumerate(found.by_surprise, start=1)}
    moves = sorted(
        ((place, one) for place, one in enumerate(found.by_number, start=1) if one.people > 1),
        key=lambda move: -abs(move[0] - places[move[1].request_id]),
    )
    rows = [
        (
            one.request_id,
            one.kind,
            one.district,
            f"{one.people} of {one.usual:.1f}",
            f"{one.by_number} -> {one.by_surprise}",
            f"{place} -> {places[one.request_id]}",
        )
        for place, one in moves[:_MAX_KINDS]
    ]
    console.print("Places in the queue, by the number of reporters -> by surprise:")
    show_table(console, ("case", "kind", "district", "people of usual", "score", "place"), rows)
    ratios, mean = found.usual.districts, _mean_scores(found)
    show_table(
        console,
        ("district", "ratio", "cases of several", "mean score"),
        [
            (district, ratios.get(district, 1.0), len(cases), f"{number} -> {surprise}")
            for district, cases, number, surprise in mean
        ],
    )
    first = min(_FIRST, len(found.by_number))
    console.print(f"{found.stay_first(first):,} of the first {first:,} cases stay among these.")
    for (was, is_now), count in sorted(found.levels.items()):
        console.print(f"{count:>8,}  {was} -> {is_now}")
    usual = json.dumps(asdict(found.usual))
    console.print("For circumstances.yaml, if people decide so:")
    console.print(f"surprise: {{use: yes, {usual[1:]}", soft_wrap=True, highlight=False)


def show_model(trained: TrainedHeads, console: Console) -> None:
    """Print the performance of a text model on reports that it was not trained on."""
    heads = trained.model.heads
    console.print(f"{len(heads.kinds)} kinds, {len(trained.model.features):,} features")
    rows = [
        (name, _percent(head.recall), _percent(head.false_alarms, 2), len(head.weights))
        for name, head in trained.heads.items()
    ]
    show_table(console, ("head", "found", "false alarms", "features"), rows)
