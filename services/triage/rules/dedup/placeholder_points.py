"""Detect placeholder points: so many unrelated problems that the point is no location."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from shared.catalogue.evidence import PlaceholderPoints
from shared.vocabulary import GeoPoint


class PointUse(NamedTuple):
    """A case at exactly a point.

    Attributes:
        key: Dedup key of the case.
        opened_at: Event time of the report that opened it.
    """

    point: GeoPoint
    key: str
    opened_at: datetime


class PointUses:
    """The newest case of each dedup key at each point."""

    def __init__(self) -> None:
        self._newest: defaultdict[GeoPoint, dict[str, datetime]] = defaultdict(dict)

    def add(self, use: PointUse) -> None:
        """Count one more case."""
        newest = self._newest[use.point]
        newest[use.key] = max(newest.get(use.key, use.opened_at), use.opened_at)

    def is_placeholder(self, use: PointUse, limits: PlaceholderPoints) -> bool:
        """Return True when a report's point is a placeholder.

        Cases of its own dedup key do not count: many people may report one problem.

        Args:
            use: The report's point, dedup key and event time.
            limits: How many other keys make a placeholder, and within which time.
        """
        newest = self._newest.get(use.point, {})
        if len(newest) < limits.groups:
            return False
        others = (at for key, at in newest.items() if key != use.key)
        return sum(abs(at - use.opened_at) <= limits.within for at in others) >= limits.groups
