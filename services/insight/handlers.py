"""Event handler of insight: store what a batch states, and fold the cases that it touches."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Protocol

from services.insight.inbound import collect_updates
from services.insight.records import FactUpdates
from services.insight.rules.cases import CaseVersion, FoldedCase, fold
from shared.runtime.consumer.messages import Message


class InsightStore(Protocol):
    """Insight's tables inside one transaction."""

    async def apply(self, updates: FactUpdates) -> None:
        """Store what events state; rows that state more or later things stay."""

    async def changes(self, case_ids: Sequence[str]) -> Sequence[CaseVersion]:
        """Return all known versions of cases."""

    async def put_cases(self, cases: Sequence[FoldedCase]) -> None:
        """Replace the folded cases."""


async def on_messages(messages: Sequence[Message[Any]], store: InsightStore) -> None:
    """Apply a batch. Idempotent, and the same in any order of the events."""
    updates = collect_updates(message.event for message in messages)
    await store.apply(updates)
    if not updates.changes:
        return
    by_case: dict[str, list[CaseVersion]] = defaultdict(list)
    for change in await store.changes(updates.touched_cases):
        by_case[change.case_id].append(change)
    await store.put_cases([fold(changes) for changes in by_case.values()])
