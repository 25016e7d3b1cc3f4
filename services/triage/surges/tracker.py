"""What was heard at one patch, as the surge rules see it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from zoneinfo import ZoneInfo

from services.triage.surges.detection import (
    HOUR,
    KEPT_HOURS,
    NEW_HOURS,
    WEEKS,
    Window,
    begin,
    busiest_lately,
    end,
    expected_in_hour,
)
from services.triage.surges.distinct_count import distinct_count, unpack
from services.triage.surges.state import Surge, SurgeKey, SurgeState
from shared.catalogue import Catalogue
from shared.catalogue.surges import CitySurges

_LEARNED_HOURS = (WEEKS * 7 + 1) * 24


@dataclass(frozen=True, slots=True)
class City:
    """What the surge rules need to know of a city."""

    surges: CitySurges
    timezone: tzinfo


class SurgeTracker:
    """The ledger of a patch together with the voices that it speaks of."""

    def __init__(
        self, patch: SurgeKey, ledger: SurgeState, voices: Mapping[bytes, bytes], city: City
    ) -> None:
        self.ledger = ledger
        self._patch = patch
        self._voices = voices
        self._limits = city.surges.of(patch.group)
        self._timezone = city.timezone

    def heard(self, slot: int) -> list[int]:
        """Return the voices of a slot."""
        if slot not in self.ledger.slots:
            return []
        return unpack(self._voices.get(self._patch.at(slot), b""))

    def note(self, slot: int) -> None:
        """Note that something is heard in a slot."""
        ledger = self.ledger
        if slot not in ledger.slots:
            ledger.slots.append(slot)
        ledger.newest = max(ledger.newest, slot)
        ledger.since = min(ledger.since, slot // HOUR)

    def look_for_surge(self, slot: int) -> None:
        """Note the surge that begins around a slot, if one does."""
        known = [surge.covered for surge in self.ledger.surges]
        settled = Window(0, self.ledger.settled, 0, 0.0)
        began = begin(slot, self.heard, self._usual_from, self._limits, [*known, settled])
        if began is not None:
            self.ledger.surges.append(Surge(began=began))

    def look_for_end(self, now: int) -> None:
        """Note the end of the surge that goes on, if it is over by the slot that is now.

        The window that ended last may still be filled by reports on their way.
        """
        surge = self.ledger.open
        if surge is not None:
            surge.ended = end(surge.began, now - 1, self.heard, self._usual_from, self._limits)

    def expire(self, now: int) -> None:
        """Learn from the hours in which nothing more is expected, and let go of their voices."""
        ledger = self.ledger
        oldest = now - KEPT_HOURS * HOUR
        if ledger.open is not None:
            oldest = min(oldest, ledger.open.began.first)
        settled = oldest // HOUR * HOUR
        if settled <= ledger.settled:
            return
        ledger.over = sorted(slot for slot in ledger.slots if slot < settled)
        for hour in sorted({slot // HOUR for slot in ledger.over}):
            ledger.hours[hour] = self._learned(hour)
        first_kept = settled // HOUR - _LEARNED_HOURS
        ledger.hours = {hour: n for hour, n in ledger.hours.items() if hour >= first_kept}
        ledger.slots = [slot for slot in ledger.slots if slot >= settled]
        ledger.surges = [s for s in ledger.surges if s.unpublished or s.covered.until > settled]
        ledger.settled = settled

    def _learned(self, hour: int) -> int:
        """Return the reports of an hour; of one in a surge no more than were usual."""
        first = hour * HOUR
        found = distinct_count(self.heard(slot) for slot in range(first, first + HOUR))
        if any(surge.covered.overlaps(first, first + HOUR) for surge in self.ledger.surges):
            return min(found, round(self._usual_from(first, first + HOUR)))
        return found

    def _usual_from(self, first: int, until: int) -> float:
        past, total = self.ledger.past, 0.0
        for hour in range(first // HOUR, (until - 1) // HOUR + 1):
            share = min(until, (hour + 1) * HOUR) - max(first, hour * HOUR)
            total += expected_in_hour(hour, past, self._limits, self._timezone) * share / HOUR
        if first // HOUR - past.since < NEW_HOURS:
            surges = [surge.covered for surge in self.ledger.surges]
            total = max(total, busiest_lately(first, self.heard, surges) * (until - first) / HOUR)
        return total


def cities_of(catalogue: Catalogue) -> dict[str, City]:
    """Return what the surge rules need to know of each city.

    Raises:
        CatalogueError: Something is wrong with a city's limits.
    """
    return {
        id_: City(city.surges, ZoneInfo(city.timezone))
        for id_, city in catalogue.jurisdictions.items()
    }
