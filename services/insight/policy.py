"""Time zones, windows of dedup groups and monthly reports of the cities, from the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Self
from zoneinfo import ZoneInfo

from services.insight.records import MonthlyReport
from shared.catalogue import Catalogue, Jurisdiction


@dataclass(frozen=True, slots=True)
class InsightPolicy:
    """The cities.

    Attributes:
        timezones: By id of the city.
        windows: The shortest window by city and dedup group; groups that never join have none.
    """

    timezones: Mapping[str, ZoneInfo]
    windows: Mapping[tuple[str, str], timedelta]
    monthly_reports: Sequence[MonthlyReport] = ()

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        """Return the policy of a catalogue."""
        windows: dict[tuple[str, str], timedelta] = {}
        for city in catalogue.jurisdictions.values():
            for kind in city.services.values():
                key, window = (city.id, kind.dedup.group), kind.dedup.window
                if window:
                    windows[key] = min(window, windows.get(key, window))
        cities = catalogue.jurisdictions.values()
        return cls(
            {city.id: ZoneInfo(city.timezone) for city in cities},
            windows,
            [monthly_report(city) for city in cities if city.monthly_report],
        )


def monthly_report(city: Jurisdiction) -> MonthlyReport:
    """Return the report of a city."""
    kinds = {code: str(kind.name.en) for code, kind in city.services.items()}
    return MonthlyReport(city.id, city.name, city.monthly_report, kinds, city.districts)
