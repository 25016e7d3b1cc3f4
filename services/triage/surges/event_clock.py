"""Event-time clock: the watermark of the requests that were read."""

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

P = TypeVar("P")


class EventClock(Generic[P]):
    """The latest event time read, held back by partitions with a backlog.

    After a pause some partitions are read faster than others. The clock must not run ahead of a
    partition in which older requests wait.
    """

    def __init__(self) -> None:
        self._latest: dict[P, datetime] = {}
        self._next_offset: dict[P, int] = {}

    def observe(self, partition: P, offset: int, moment: datetime | None) -> None:
        """Advance a partition.

        Args:
            partition: Where a record was read.
            offset: Offset of the record.
            moment: Its event time; None when it was no request.
        """
        self._next_offset[partition] = offset + 1
        if moment is not None:
            self._latest[partition] = max(self._latest.get(partition, moment), moment)

    def next_offset(self, partition: P) -> int | None:
        """Return the next offset of a partition; None when nothing was read in it yet."""
        return self._next_offset.get(partition)

    def now(self, has_backlog: Mapping[P, bool]) -> datetime | None:
        """Return the watermark, or None while it is unknown.

        Args:
            has_backlog: For each assigned partition, True when it has unread records.
        """
        behind = [partition for partition, waits in has_backlog.items() if waits]
        if any(partition not in self._latest for partition in behind):
            return None
        if behind:
            return min(self._latest[partition] for partition in behind)
        read = [self._latest[p] for p in has_backlog if p in self._latest]
        return max(read, default=None)
