"""Time zones of the cities and windows of their dedup groups, from the catalogue."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from shared.catalogue import Catalogue


@dataclass(frozen=True, slots=True)
class InsightPolicy:
    """The cities.

    Attributes:
        timezones: By id of the city.
        windows: The shortest window by city and dedup group; groups that never join have none.
    """

    timezones: Mapping[str, ZoneInfo]
    windows: Mapping[tuple[str, str], timedelta]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Return the policy of a catalogue."""
        windows: dict[tuple[str, str], timedelta] = {}
        for city in catalogue.jurisdictions.values():
            for kind in city.services.values():
                key, window = (city.id, kind.dedup.group), kind.dedup.window
                if window:
                    windows[key] = min(window, windows.get(key, window))
        return cls(
            {city.id: ZoneInfo(city.timezone) for city in catalogue.jurisdictions.values()}, windows
        )
