"""Pace of a consumer: how many records it takes at once, and whether it is behind."""

import asyncio

from shared.runtime.batch_size import BatchSize

_EXPRESS_WAITS_S = 0.1
_MIN_BATCH_SIZE = 250
_MEMORY_OF_EXPRESS = 100
"""How many batches after express records the next ones are expected."""
_BATCHES_BEHIND = 2


class Pace:
    """The size of the next batch, and an event that is set while the consumer is behind.

    While express records come, a batch of others is bounded by time, since they wait for the one
    that is under way. Small batches cost more a record, so without them it has the full size.

    Attributes:
        behind: Set while more than two of the largest batches wait. It is never set from a crash
            on until the consumer has caught up: nothing else may read ahead to the record at which
            the process died.
    """

    def __init__(self, most: int) -> None:
        """Begin with the largest batches.

        Args:
            most: The most records of a batch.
        """
        self.behind = asyncio.Event()
        self._size = BatchSize(most, _EXPRESS_WAITS_S, min(_MIN_BATCH_SIZE, most), most)
        self._since_express = _MEMORY_OF_EXPRESS
        self._crashed = False

    @property
    def batch_size(self) -> int:
        """The most records of the next batch."""
        if self._since_express < _MEMORY_OF_EXPRESS:
            return self._size.batch_size
        return self._size.most

    def on_batch(self, records: int, took_s: float, *, is_express: bool) -> None:
        """Adapt to a batch; a small one says nothing about the time that a record takes.

        Args:
            records: The number of its records.
            took_s: Its duration in seconds.
            is_express: Whether they are express records.
        """
        self._since_express = 0 if is_express else self._since_express + 1
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
