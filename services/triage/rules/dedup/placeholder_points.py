"""Points where so many unrelated problems are reported that they tell nothing of the place."""

from collections import defaultdict
from datetime import datetime
from typing import NamedTuple

from shared.catalogue.evidence import PlaceholderPoints
from shared.vocabulary import GeoPoint


class PointUse(NamedTuple):
    """A case at exactly a point, by its dedup key."""

    point: GeoPoint
    key: str
    opened_at: datetime


class PointUses:
    """The newest case of each dedup key at each point."""

    def __init__(self) -> None:
        self._at: defaultdict[GeoPoint, dict[str, datetime]] = defaultdict(dict)

    def add(self, use: PointUse) -> None:
        """Know of one more case."""
        newest = self._at[use.point]
        newest[use.key] = max(newest.get(use.key, use.opened_at), use.opened_at)

    def is_placeholder(self, use: PointUse, limits: PlaceholderPoints) -> bool:
        """Say whether a report should not be believed to lie where it says.

        Other reports of its own group do not count: many people may report one problem.
        """
        newest = self._at.get(use.point, {})
        if len(newest) < limits.groups:
            return False
        others = (at for key, at in newest.items() if key != use.key)
        return sum(abs(at - use.opened_at) <= limits.within for at in others) >= limits.groups
