"""Pace of a consumer: its batch size, and whether it is behind."""

import asyncio

from shared.runtime.batch_size import BatchSize

_BATCH_S = 0.05  # an urgent record waits for the batch that is under way
_LEAST = 150  # smaller batches cost more per record than they spare an urgent one
_BATCHES_BEHIND = 2


class Pace:
    """The size of the next batch, and an event that is set while the consumer is behind.

    A batch of records that are not express is bounded by time.

    Attributes:
        behind: Set while more than two of the largest batches wait. It is never set from a crash
            on until the consumer has caught up: nothing else may read ahead to the record at which
            the process died.
    """

    def __init__(self, most: int) -> None:
        self.behind = asyncio.Event()
        self._most = most
        self._size = BatchSize(most, _BATCH_S, min(_LEAST, most), most)
        self._crashed = False

    @property
    def batch_size(self) -> int:
        """The maximum number of records in the next batch."""
        return self._size.batch_size

    def on_batch(self, records: int, took_s: float, *, is_express: bool) -> None:
        """Adapt to a batch; a small one indicates nothing about the time per record."""
        if records >= self._size.least and not is_express:
            self._size.record(records, took_s)

    def on_claim(self, *, has_crashed: bool) -> None:
        """Reset at new partitions; ``has_crashed`` if a process died at an unhandled record."""
        self._crashed = has_crashed or self._crashed
        self.behind.clear()

    def on_lag(self, records: int) -> None:
        """Update by the number of waiting records."""
        if records <= _BATCHES_BEHIND * self._most:
            self._crashed = False
            self.behind.clear()
        elif not self._crashed:
            self.behind.set()
