"""Surges, as triage announces them."""

from collections.abc import Iterable, Sequence
from typing import TypeAlias

from services.dispatch.records import StoredSurge
from shared.contract.events import SurgeEnded, SurgeStarted

SurgeEvent: TypeAlias = SurgeStarted | SurgeEnded


def latest_surges(events: Iterable[SurgeEvent]) -> Sequence[StoredSurge]:
    """Return each surge of some events once; an end counts more than a start.

    Args:
        events: In any order, each any number of times.
    """
    latest: dict[str, StoredSurge] = {}
    for event in events:
        known = latest.get(event.data.surge_id)
        if known is None or known.ended_at is None:
            latest[event.data.surge_id] = _known_surge(event)
    return list(latest.values())


def _known_surge(event: SurgeEvent) -> StoredSurge:
    surge = event.data
    return StoredSurge(
        surge_id=surge.surge_id,
        jurisdiction=surge.jurisdiction,
        dedup_group=surge.dedup_group,
        district=surge.district,
        started_at=surge.window_start,
        ended_at=surge.window_end if isinstance(event, SurgeEnded) else None,
        report_count=surge.count,
        expected=surge.expected,
    )
