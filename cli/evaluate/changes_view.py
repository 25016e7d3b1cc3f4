"""What a person and a program see of two sets of rules compared."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table

from evaluation.comparison import Change, DecisionSummary
from evaluation.trial import Trial

_MOST_SHOWN = 40


def changes_as_json(found: Sequence[Change], before: Trial, after: Trial) -> dict[str, Any]:
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
