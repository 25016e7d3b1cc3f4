"""What was heard at one patch, as the surge rules see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from services.triage.surges.detection import (
    ALLOWED_LATENESS_HOURS,
    HISTORY_WEEKS,
    NEW_HOURS,
    SLOTS_PER_HOUR,
    Window,
    busiest_recent_hour,
    expected_in_hour,
    find_end,
    find_start,
)
from services.triage.surges.distinct_count import distinct_count, unpack
from services.triage.surges.state import SurgeKey, SurgeState, TrackedSurge
from shared.catalogue import Catalogue
from shared.catalogue.surges import CitySurges, read_surges

_LEARNED_HOURS = (HISTORY_WEEKS * 7 + 1) * 24


@dataclass(frozen=True, slots=True)
class SurgeCity:
    """What the surge rules need to know of a city."""

    surges: CitySurges
    timezone: tzinfo


class SurgeTracker:
    """The ledger of a patch together with the voices that it speaks of."""

    def __init__(
        self, patch: SurgeKey, state: SurgeState, voices: Mapping[bytes, bytes], city: SurgeCity
    ) -> None:
        self.ledger = state
        self._patch = patch
        self._voices = voices
        self._limits = city.surges.of(patch.group)
        self._timezone = city.timezone

    def reporters(self, slot: int) -> list[int]:
        """Return the voices of a slot."""
        if slot not in self.ledger.slots:
            return []
        return unpack(self._voices.get(self._patch.slot_key(slot), b""))

    def record_slot(self, slot: int) -> None:
        """Note that something is heard in a slot."""
        ledger = self.ledger
        if slot not in ledger.slots:
            ledger.slots.append(slot)
        ledger.newest = max(ledger.newest, slot)
        ledger.since = min(ledger.since, slot // SLOTS_PER_HOUR)

    def detect_start(self, slot: int) -> None:
        """Note the surge that begins around a slot, if one does."""
        known = [surge.covered for surge in self.ledger.surges]
        settled = Window(0, self.ledger.settled, 0, 0.0)
        began = find_start(slot, self.reporters, self._usual_from, self._limits, [*known, settled])
        if began is not None:
            self.ledger.surges.append(TrackedSurge(began=began))

    def detect_end(self, now: int) -> None:
        """Note the end of the surge that goes on, if it is over by the slot that is now.

        The window that ended last may still be filled by reports on their way.
        """
        surge = self.ledger.open
        if surge is not None:
            surge.ended = find_end(
                surge.began, now - 1, self.reporters, self._usual_from, self._limits
            )

    def expire(self, now: int) -> None:
        """Learn from the hours in which nothing more is expected, and let go of their voices."""
        ledger = self.ledger
        oldest = now - ALLOWED_LATENESS_HOURS * SLOTS_PER_HOUR
        if ledger.open is not None:
            oldest = min(oldest, ledger.open.began.first)
        settled = oldest // SLOTS_PER_HOUR * SLOTS_PER_HOUR
        if settled <= ledger.settled:
            return
        ledger.over = sorted(slot for slot in ledger.slots if slot < settled)
        for hour in sorted({slot // SLOTS_PER_HOUR for slot in ledger.over}):
            ledger.hours[hour] = self._learned(hour)
        first_kept = settled // SLOTS_PER_HOUR - _LEARNED_HOURS
        ledger.hours = {hour: n for hour, n in ledger.hours.items() if hour >= first_kept}
        ledger.slots = [slot for slot in ledger.slots if slot >= settled]
        ledger.surges = [s for s in ledger.surges if s.unpublished or s.covered.until > settled]
        ledger.settled = settled

    def _learned(self, hour: int) -> int:
        """Return the reports of an hour; of one in a surge no more than were usual."""
        first = hour * SLOTS_PER_HOUR
        found = distinct_count(
            self.reporters(slot) for slot in range(first, first + SLOTS_PER_HOUR)
        )
        if any(
            surge.covered.overlaps(first, first + SLOTS_PER_HOUR) for surge in self.ledger.surges
        ):
            return min(found, round(self._usual_from(first, first + SLOTS_PER_HOUR)))
        return found

    def _usual_from(self, first: int, until: int) -> float:
        past, total = self.ledger.history, 0.0
        for hour in range(first // SLOTS_PER_HOUR, (until - 1) // SLOTS_PER_HOUR + 1):
            share = min(until, (hour + 1) * SLOTS_PER_HOUR) - max(first, hour * SLOTS_PER_HOUR)
            total += (
                expected_in_hour(hour, past, self._limits, self._timezone) * share / SLOTS_PER_HOUR
            )
        if first // SLOTS_PER_HOUR - past.since < NEW_HOURS:
            surges = [surge.covered for surge in self.ledger.surges]
            total = max(
                total,
                busiest_recent_hour(first, self.reporters, surges)
                * (until - first)
                / SLOTS_PER_HOUR,
            )
        return total


def surge_cities(catalogue: Catalogue) -> dict[str, SurgeCity]:
    """Return what the surge rules need to know of each city.

    Raises:
        CatalogueError: Something is wrong with a city's limits.
    """
    return {
        id_: SurgeCity(read_surges(city.folder), ZoneInfo(city.timezone))
        for id_, city in catalogue.jurisdictions.items()
    }
