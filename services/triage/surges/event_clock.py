"""Event-time clock: the watermark of the reports that were counted."""

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

P = TypeVar("P")


class EventClock(Generic[P]):
    """The latest event time read, held back by partitions with a backlog.

    After a pause some partitions are read faster than others. The clock must not run ahead of a
    partition in which older reports wait.
    """

    def __init__(self) -> None:
        self._latest: dict[P, datetime] = {}

    def observe(self, partition: P, moment: datetime) -> None:
        """Advance a partition to the event time of a report, unless it is further already."""
        self._latest[partition] = max(self._latest.get(partition, moment), moment)

    def now(self, has_backlog: Mapping[P, bool]) -> datetime | None:
        """Return the watermark, or None while it is unknown.

        Args:
            has_backlog: For each assigned partition, True when reports of it are not counted yet.
        """
        behind = [partition for partition, waits in has_backlog.items() if waits]
        if any(partition not in self._latest for partition in behind):
            return None
        if behind:
            return min(self._latest[partition] for partition in behind)
        read = [self._latest[p] for p in has_backlog if p in self._latest]
        return max(read, default=None)
