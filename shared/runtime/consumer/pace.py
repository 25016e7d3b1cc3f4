"""Pace of a consumer: how many records it takes at once, and whether it is behind."""

import asyncio
from math import inf

from shared.runtime.batch_size import BatchSize

_EXPRESS_WAITS_S = 0.075
_MIN_BATCH_SIZE = 50
_BATCHES_BEHIND = 2


class Pace:
    """The size of the next batch, and an event that is set while the consumer is behind.

    Where express records may come, a batch is bounded by time, since they wait for the one that is
    under way.

    Attributes:
        behind: Set while more than two of the largest batches wait. It is never set from a crash
            on until the consumer has caught up: nothing else may read ahead to the record at which
            the process died.
    """

    def __init__(self, most: int, *, has_express: bool) -> None:
        """Begin with the largest batches.

        Args:
            most: The most records of a batch.
            has_express: Whether the consumer has express topics.
        """
        self.behind = asyncio.Event()
        target_s = _EXPRESS_WAITS_S if has_express else inf
        self._size = BatchSize(most, target_s, min(_MIN_BATCH_SIZE, most), most)
        self._crashed = False

    @property
    def batch_size(self) -> int:
        """The most records of the next batch."""
        return self._size.batch_size

    def on_batch(self, records: int, took_s: float) -> None:
        """Adapt to the duration of a batch; a small one says nothing about the time a record takes.

        Args:
            records: The number of its records.
            took_s: Its duration in seconds.
        """
        if records >= self._size.least:
            self._size.record(records, took_s)

    def on_claim(self, *, has_crashed: bool) -> None:
        """Note new partitions.

        Args:
            has_crashed: Whether a process died at a record of theirs that is not handled yet.
        """
        self._crashed = has_crashed or self._crashed
        self.behind.clear()

    def on_lag(self, records: int) -> None:
        """Note how many records wait."""
        if records <= _BATCHES_BEHIND * self._size.most:
            self._crashed = False
            self.behind.clear()
        elif not self._crashed:
            self.behind.set()
