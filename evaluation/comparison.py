"""What other rules would have decided differently."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation.backtest import BacktestDecision
from evaluation.trial import BacktestRun
from shared.contract.events import Decision


@dataclass(frozen=True, slots=True)
class DecisionSummary:
    """What of a decision a person compares.

    Attributes:
        held_against: Id of the earlier request, as the file has it; None without one.
    """

    outcome: str
    held_against: str | None
    priority: str


@dataclass(frozen=True, slots=True)
class Change:
    """One request that two sets of rules decide differently."""

    request_id: str
    kind: str
    before: DecisionSummary
    after: DecisionSummary


def changes(before: BacktestRun, after: BacktestRun) -> list[Change]:
    """Return the counted requests that the two sets of rules decide differently, in order."""
    by_id = {one.row.request_id: one.decision for one in after.judged}
    names = {one.decision.request_id: one.row.request_id for one in before.judged}
    found = (_change(one, by_id[one.row.request_id], names) for one in before.counted)
    return [change for change in found if change.before != change.after]


def _change(before: BacktestDecision, after: Decision, names: Mapping[str, str]) -> Change:
    row = before.row
    return Change(
        row.request_id, row.kind, _verdict(before.decision, names), _verdict(after, names)
    )


def _verdict(decision: Decision, names: Mapping[str, str]) -> DecisionSummary:
    held = decision.duplicate
    return DecisionSummary(
        decision.outcome, names[held.of_request] if held else None, decision.priority.level
    )
