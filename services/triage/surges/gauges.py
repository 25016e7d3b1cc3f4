"""Metrics of the surge watcher: consumer lag, progress and open surges."""

from collections.abc import Collection, Mapping
from typing import Generic, TypeVar

from services.triage.surges.state import SurgeKey
from shared.runtime.clock import utc_now
from shared.runtime.ops import metrics

P = TypeVar("P")
WATCHER = "triage-stream"  # the process in metrics and in ``route311 status``


class SurgeGauges(Generic[P]):
    """Sets the gauges; ``P`` is a partition."""

    def __init__(self) -> None:
        self._offsets: Mapping[P, int | None] = {}
        self._open: set[SurgeKey] = set()

    def show_lag(self, lag: Mapping[P, int | None], offsets: Mapping[P, int | None]) -> None:
        """Set the lag, and the progress when offsets moved or nothing waits; None is unknown."""
        waiting = sum(filter(None, lag.values()))
        metrics.LAG.labels(WATCHER).set(waiting)
        if offsets != self._offsets or not waiting:
            metrics.PROGRESS.labels(WATCHER).set(utc_now().timestamp())
        self._offsets = offsets

    def show_surge(self, key: SurgeKey, *, is_open: bool) -> None:
        """Set whether a surge is open at a key."""
        (self._open.add if is_open else self._open.discard)(key)
        self._show(key)

    def keep(self, keys: Collection[SurgeKey]) -> None:
        """Drop all other keys: another instance watches those now."""
        dropped = self._open.difference(keys)
        self._open.intersection_update(keys)
        for key in dropped:
            self._show(key)

    def _show(self, key: SurgeKey) -> None:
        labels = (key.jurisdiction, key.group)
        count = sum((other.jurisdiction, other.group) == labels for other in self._open)
        metrics.SURGES.labels(*labels).set(count)
