"""What it says about a report that many others tell of the same in its district."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from services.triage.rules.priority.urgency import Point

POINTS = 5
"""A hint: by itself it lifts no report from one level to the next."""

LONGEST = timedelta(hours=25)
"""A surge of which no end was told counts no longer, as when nobody watches any more."""


@dataclass(frozen=True, slots=True)
class KnownSurge:
    """A surge that triage was told of.

    Attributes:
        key: The dedup key of its reports.
        until: When it was over; None while it goes on.
        count: Independent reports, as far as was told.
        expected: How many are usual.
    """

    surge_id: str
    key: str
    district: str
    since: datetime
    until: datetime | None
    count: int
    expected: float

    def holds(self, key: str, district: str, moment: datetime) -> bool:
        """Tell whether a report lies in it; its beginning is included, its end is not."""
        if (self.key, self.district) != (key, district):
            return False
        return self.since <= moment < (self.until or self.since + LONGEST)


def surge_point(
    surges: Iterable[KnownSurge], key: str, district: str, moment: datetime
) -> Point | None:
    """Return the reason that a surge is for a report's urgency, or None where there is none.

    Args:
        surges: The surges that are known.
        key: The report's dedup key.
        district: Where it counts.
        moment: When it was observed.
    """
    holding = [surge for surge in surges if surge.holds(key, district, moment)]
    if not holding:
        return None
    surge = max(holding, key=lambda held: (held.since, held.surge_id))
    evidence = f"{surge.count} reports in {district}, {surge.expected:g} are usual"
    return Point("surge", POINTS, evidence)
