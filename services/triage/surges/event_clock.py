"""What time it is by the reports themselves."""

from collections.abc import Mapping
from datetime import datetime
from typing import Generic, TypeVar

L = TypeVar("L")


class EventClock(Generic[L]):
    """The time of the latest report, held back by lanes that are read late.

    After a pause there is a backlog, and some lanes are read faster than others; the clock must
    not run ahead of a lane in which older reports wait.
    """

    def __init__(self) -> None:
        self._latest: dict[L, datetime] = {}
        self._next: dict[L, int] = {}

    def observe(self, lane: L, offset: int, moment: datetime | None) -> None:
        """Note what was read in a lane; without a moment it was no report."""
        self._next[lane] = offset + 1
        if moment is not None:
            self._latest[lane] = max(self._latest.get(lane, moment), moment)

    def next_offset(self, lane: L) -> int | None:
        """Return the offset that comes next in a lane; None when nothing was read in it yet."""
        return self._next.get(lane)

    def now(self, waiting: Mapping[L, bool]) -> datetime | None:
        """Return the time, or None while it cannot be told.

        Args:
            waiting: For each lane that is read whether more waits in it.
        """
        late = [lane for lane, waits in waiting.items() if waits]
        if any(lane not in self._latest for lane in late):
            return None
        if late:
            return min(self._latest[lane] for lane in late)
        read = [self._latest[lane] for lane in waiting if lane in self._latest]
        return max(read, default=None)
