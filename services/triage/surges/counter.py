"""Count reporters by surge key and keep the state tables. Idempotent under replay and crash."""

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from datetime import datetime
from typing import TypeAlias

from services.triage.surges.detection import SLOTS_PER_HOUR, pack, slot_of
from services.triage.surges.state import SurgeKey, SurgeState, TrackedSurge
from services.triage.surges.tracker import SurgeCity, SurgeTracker

StateTable: TypeAlias = MutableMapping[bytes, bytes]


class SurgeCounter:
    """Counts reporters in any order and any number of times, and detects surges."""

    def __init__(
        self, states: StateTable, reporters: StateTable, cities: Mapping[str, SurgeCity]
    ) -> None:
        """Count in two tables; reporters of cities without limits are ignored.

        Args:
            states: ``SurgeState`` as JSON, by table key.
            reporters: Packed reporters, by slot key.
        """
        self._states = states
        self._reporters = reporters
        self._cities = cities

    def count(self, key: SurgeKey, slot: int, reporters: Iterable[int]) -> bool:
        """Count the reporters of a slot; return True when the key has an unpublished event."""
        if key.jurisdiction not in self._cities:
            return False
        before = self._states.get(key.table_key)
        new = SurgeState(since=slot // SLOTS_PER_HOUR, newest=slot)
        tracker = self._tracker(key, before or new.model_dump_json().encode())
        if slot < tracker.state.settled:
            return tracker.state.unpublished
        tracker.record_slot(slot)
        self._expire(key, tracker, tracker.state.newest)
        if slot >= tracker.state.settled and tracker.add_reporters(slot, reporters):
            self._reporters[key.slot_key(slot)] = pack(tracker.reporters(slot))
        self._store(key, tracker, before)
        return tracker.state.unpublished

    def advance(self, key: SurgeKey, now: datetime) -> bool:
        """Advance the event time of a key; return True when it has an unpublished event."""
        before = self._states[key.table_key]
        tracker = self._tracker(key, before)
        tracker.detect_end(slot_of(now))
        self._expire(key, tracker, slot_of(now))
        if tracker.state.is_empty:
            del self._states[key.table_key]
        else:
            self._store(key, tracker, before)
        return tracker.state.unpublished

    def keys(self) -> Iterator[SurgeKey]:
        """Yield every key with state."""
        for table_key in list(self._states):
            yield SurgeKey.parse(table_key)

    def unpublished(self, key: SurgeKey) -> list[TrackedSurge]:
        """Return the surges of a key with an unpublished event, oldest first."""
        state = SurgeState.model_validate_json(self._states[key.table_key])
        return [surge for surge in state.surges if surge.unpublished]

    def is_open(self, key: SurgeKey) -> bool:
        """Return True when a surge is open at a key."""
        stored = self._states.get(key.table_key)
        return stored is not None and SurgeState.model_validate_json(stored).open is not None

    def mark_published(self, key: SurgeKey, surge: TrackedSurge) -> None:
        """Record that all events that a surge has so far are published."""
        before = self._states[key.table_key]
        tracker = self._tracker(key, before)
        for stored in tracker.state.surges:
            if stored.began == surge.began:
                stored.published = max(stored.published, surge.events_due)
        self._store(key, tracker, before)

    def _tracker(self, key: SurgeKey, stored: bytes) -> SurgeTracker:
        state = SurgeState.model_validate_json(stored)
        return SurgeTracker(key, state, self._reporters, self._cities[key.jurisdiction])

    def _expire(self, key: SurgeKey, tracker: SurgeTracker, now: int) -> None:
        """Delete the slots that an earlier call released, which the stored state records by now."""
        for slot in tracker.state.over:
            self._reporters.pop(key.slot_key(slot), None)
        tracker.state.over = []
        tracker.expire(now)

    def _store(self, key: SurgeKey, tracker: SurgeTracker, before: bytes | None) -> None:
        after = tracker.state.model_dump_json().encode()
        if after != before:
            self._states[key.table_key] = after
