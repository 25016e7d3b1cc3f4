"""Apply the surge rules to the state of one key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from services.triage.surges.detection import (
    ALLOWED_LATENESS_HOURS,
    HISTORY_WEEKS,
    NEW_HOURS,
    SLOTS_PER_HOUR,
    Window,
    add_reporter,
    busiest_recent_hour,
    distinct_count,
    expected_in_hour,
    find_end,
    find_start,
    unpack,
)
from services.triage.surges.state import SurgeKey, SurgeState, TrackedSurge
from shared.catalogue import Catalogue
from shared.catalogue.surges import CitySurges

_HISTORY_HOURS = (HISTORY_WEEKS * 7 + 1) * 24


@dataclass(frozen=True, slots=True)
class SurgeCity:
    """Limits and time zone of a city."""

    surges: CitySurges
    timezone: tzinfo


class SurgeTracker:
    """State of one key with the reporters of its slots; changed in place, stored by the caller."""

    def __init__(
        self, key: SurgeKey, state: SurgeState, reporters: Mapping[bytes, bytes], city: SurgeCity
    ) -> None:
        """Track one key; ``reporters`` are packed, by slot key."""
        self.state = state
        self._key = key
        self._reporters = reporters
        self._sketches: dict[int, Sequence[int]] = {}
        self._limits = city.surges.of(key.group)
        self._timezone = city.timezone

    def reporters(self, slot: int) -> Sequence[int]:
        """Return the sketch of a slot's reporters."""
        if slot not in self.state.slots:
            return ()
        if slot not in self._sketches:
            self._sketches[slot] = unpack(self._reporters.get(self._key.slot_key(slot), b""))
        return self._sketches[slot]

    def record_slot(self, slot: int) -> None:
        """Note that a slot has a report."""
        state = self.state
        if slot not in state.slots:
            state.slots.append(slot)
        state.newest = max(state.newest, slot)
        state.since = min(state.since, slot // SLOTS_PER_HOUR)

    def add_reporters(self, slot: int, reporters: Iterable[int]) -> bool:
        """Add reporters to a slot; return True when its sketch changed.

        A start is searched after each reporter, so that it does not depend on their batches.
        """
        changed = False
        for reporter in reporters:
            sketch = add_reporter(self.reporters(slot), reporter)
            if sketch is not None:
                self._sketches[slot] = sketch
                changed = True
            self._detect_start(slot)
        return changed

    def _detect_start(self, slot: int) -> None:
        """Record the surge that begins around a slot, if one does."""
        covered = [surge.covered for surge in self.state.surges]
        settled = Window(0, self.state.settled, 0, 0.0)
        window = find_start(slot, self.reporters, self._expected, self._limits, [*covered, settled])
        if window is not None:
            self.state.surges.append(TrackedSurge(began=window))

    def detect_end(self, now: int) -> None:
        """Record the end of the open surge, if it is over by the slot ``now``.

        The latest window is left out: reports for it may still arrive.
        """
        surge = self.state.open
        if surge is not None:
            surge.ended = find_end(
                surge.began, now - 1, self.reporters, self._expected, self._limits
            )

    def expire(self, now: int) -> None:
        """Settle the hours in which no more reports are expected, and release their slots."""
        state = self.state
        oldest = now - ALLOWED_LATENESS_HOURS * SLOTS_PER_HOUR
        if state.open is not None:
            oldest = min(oldest, state.open.began.first)
        settled = oldest // SLOTS_PER_HOUR * SLOTS_PER_HOUR
        if settled <= state.settled:
            return
        state.over = sorted(slot for slot in state.slots if slot < settled)
        for hour in sorted({slot // SLOTS_PER_HOUR for slot in state.over}):
            state.hours[hour] = self._final_count(hour)
        first_hour = settled // SLOTS_PER_HOUR - _HISTORY_HOURS
        state.hours = {hour: n for hour, n in state.hours.items() if hour >= first_hour}
        state.slots = [slot for slot in state.slots if slot >= settled]
        state.surges = [s for s in state.surges if s.unpublished or s.covered.until > settled]
        state.settled = settled

    def _final_count(self, hour: int) -> int:
        """Return the reports of an hour; an hour in a surge counts no more than usual."""
        first = hour * SLOTS_PER_HOUR
        until = first + SLOTS_PER_HOUR
        count = distinct_count(self.reporters(slot) for slot in range(first, until))
        if any(surge.covered.overlaps(first, until) for surge in self.state.surges):
            return min(count, round(self._expected(first, until)))
        return count

    def _expected(self, first: int, until: int) -> float:
        history, total = self.state.history, 0.0
        for hour in range(first // SLOTS_PER_HOUR, (until - 1) // SLOTS_PER_HOUR + 1):
            start = hour * SLOTS_PER_HOUR
            share = min(until, start + SLOTS_PER_HOUR) - max(first, start)
            rate = expected_in_hour(hour, history, self._limits, self._timezone)
            total += rate * share / SLOTS_PER_HOUR
        if first // SLOTS_PER_HOUR - history.since < NEW_HOURS:
            covered = [surge.covered for surge in self.state.surges]
            busiest = busiest_recent_hour(first, self.reporters, covered)
            total = max(total, busiest * (until - first) / SLOTS_PER_HOUR)
        return total


def surge_cities(catalogue: Catalogue) -> dict[str, SurgeCity]:
    """Return limits and time zone of each city by jurisdiction id.

    Raises:
        CatalogueError: A city's limits are invalid.
    """
    return {
        id_: SurgeCity(city.surges, ZoneInfo(city.timezone))
        for id_, city in catalogue.jurisdictions.items()
    }
