"""What the surge watcher shows of itself to whoever watches it."""

from collections.abc import Collection, Mapping
from typing import Generic, TypeVar

from services.triage.surges.state import SurgeKey
from shared.runtime.clock import utc_now
from shared.runtime.ops import metrics

L = TypeVar("L")
WATCHER = "triage-stream"


class SurgeGauges(Generic[L]):
    """How far behind the watcher is, and how many surges go on."""

    def __init__(self) -> None:
        self._read: Mapping[L, int | None] = {}
        self._surges: set[SurgeKey] = set()

    def show_lag(self, behind: Mapping[L, int | None], read: Mapping[L, int | None]) -> None:
        """Show how much waits.

        Args:
            behind: What waits in each lane; None where that cannot be told.
            read: The offset that comes next in each lane.
        """
        waiting = sum(filter(None, behind.values()))
        metrics.LAG.labels(WATCHER).set(waiting)
        if read != self._read or not waiting:
            metrics.PROGRESS.labels(WATCHER).set(utc_now().timestamp())
        self._read = read

    def show_surge(self, patch: SurgeKey, *, goes_on: bool) -> None:
        """Show whether there is a surge at a patch."""
        (self._surges.add if goes_on else self._surges.discard)(patch)
        self._show(patch)

    def keep(self, patches: Collection[SurgeKey]) -> None:
        """Show no surge at any other patch: another instance watches those by now."""
        gone, self._surges = self._surges.difference(patches), self._surges.intersection(patches)
        for patch in gone:
            self._show(patch)

    def _show(self, patch: SurgeKey) -> None:
        here = (patch.jurisdiction, patch.group)
        count = sum((other.jurisdiction, other.group) == here for other in self._surges)
        metrics.SURGES.labels(*here).set(count)
