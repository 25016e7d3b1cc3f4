"""Compares the decisions of two sets of rules."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.contract.events import Decision
from workbench.evaluation.backtest import BacktestDecision
from workbench.evaluation.trial import BacktestRun


@dataclass(frozen=True, slots=True)
class DecisionSummary:
    """The compared parts of a decision.

    Attributes:
        held_against: The export's id of the matched earlier request; None without a match.
    """

    outcome: str
    held_against: str | None
    priority: str


@dataclass(frozen=True, slots=True)
class Change:
    """A request that two sets of rules decide differently.

    Attributes:
        before: Decision by the first set.
        after: Decision by the second set.
    """

    request_id: str
    kind: str
    before: DecisionSummary
    after: DecisionSummary


def changes(before: BacktestRun, after: BacktestRun) -> list[Change]:
    """Return the counted requests that the two runs decide differently, in order."""
    by_id = {one.row.request_id: one.decision for one in after.decisions}
    names = {one.decision.request_id: one.row.request_id for one in before.decisions}
    found = (_change(one, by_id[one.row.request_id], names) for one in before.counted)
    return [change for change in found if change.before != change.after]


def _change(before: BacktestDecision, after: Decision, names: Mapping[str, str]) -> Change:
    row = before.row
    return Change(
        row.request_id, row.kind, _summary(before.decision, names), _summary(after, names)
    )


def _summary(decision: Decision, names: Mapping[str, str]) -> DecisionSummary:
    match = decision.duplicate
    return DecisionSummary(
        decision.outcome, names[match.of_request] if match else None, decision.priority.level
    )
