"""From wire events to triage's records: state changes of cases, splits and surges."""

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from services.triage.records import CaseStateChange, SplitRecord
from services.triage.rules.priority.context import KnownSurge
from shared.contract import events as e
from shared.contract.topics import dedup_key


class InboundChanges(NamedTuple):
    """Changes from one batch, except new requests; per case the change of the highest version."""

    state_changes: Sequence[CaseStateChange]
    splits: Sequence[SplitRecord]
    surges: Sequence[KnownSurge]


def dedup_keys(event: e.Event) -> Iterator[str]:
    """Yield the dedup keys that an event is about: two for a case that changes its group."""
    yield dedup_key(event.data.jurisdiction, event.data.dedup_group)
    if isinstance(event, e.CaseKindChanged):
        yield dedup_key(event.data.jurisdiction, event.data.previous_dedup_group)


def read_changes(events: Iterable[e.Event]) -> InboundChanges:
    """Collect the changes that the events of a batch report."""
    newest: dict[str, CaseStateChange] = {}
    splits: list[SplitRecord] = []
    surges: list[KnownSurge] = []
    for event in events:
        if isinstance(event, e.CaseRequestSplit):
            splits.append(_to_split(event))
        elif isinstance(event, e.SurgeStarted | e.SurgeEnded):
            surges.append(_to_surge(event))
        elif isinstance(event, e.CaseClosed | e.CaseReopened):
            change = _to_state_change(event)
            earlier = newest.get(change.case_id)
            if earlier is None or change.version > earlier.version:
                newest[change.case_id] = change
    return InboundChanges(list(newest.values()), splits, surges)


def _to_state_change(event: e.CaseClosed | e.CaseReopened) -> CaseStateChange:
    if isinstance(event, e.CaseReopened):
        return CaseStateChange(event.data.case_id, event.data.version, None)
    closed = event.data
    return CaseStateChange(closed.case_id, closed.version, closed.closed_at, closed.merged_into)


def _to_split(event: e.CaseRequestSplit) -> SplitRecord:
    s = event.data
    return SplitRecord(s.request_id, s.case_id, s.to_case, s.version, s.moves, s.opened_by)


def _to_surge(event: e.SurgeStarted | e.SurgeEnded) -> KnownSurge:
    surge = event.data
    return KnownSurge(
        surge.surge_id,
        dedup_key(surge.jurisdiction, surge.dedup_group),
        surge.district,
        surge.window_start,
        surge.window_end if isinstance(event, e.SurgeEnded) else None,
        surge.count,
        surge.expected,
    )
