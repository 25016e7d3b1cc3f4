"""Pace of a consumer: its batch size, and whether it is behind."""

import asyncio

from shared.runtime.batch_size import BatchSize

_MANY_WAIT_S, _FEW_WAIT_S = 0.1, 0.03
_LEAST_BEFORE_MANY, _LEAST_BEFORE_FEW = 250, 25
_MANY = 0.05  # share of express records from which on they are many
_RECENT = 2_000  # records whose share counts; older ones are halved each time

# Batches after express records during which the next ones are expected.
_MEMORY_OF_EXPRESS = 100

_BATCHES_BEHIND = 2


class Pace:
    """The size of the next batch, and an event that is set while the consumer is behind.

    While express records arrive, a batch of others is bounded by time, since they wait for the
    current batch. Small batches cost more per record, so without express records it has the full
    size, and where they are many, which wait for each other as well, the bound is a wide one.

    Attributes:
        behind: Set while more than two of the largest batches wait. It is never set from a crash
            on until the consumer has caught up: nothing else may read ahead to the record at which
            the process died.
    """

    def __init__(self, most: int) -> None:
        self.behind = asyncio.Event()
        self._most = most
        self._before_many = BatchSize(most, _MANY_WAIT_S, min(_LEAST_BEFORE_MANY, most), most)
        self._before_few = BatchSize(most, _FEW_WAIT_S, min(_LEAST_BEFORE_FEW, most), most)
        self._since_express = _MEMORY_OF_EXPRESS
        self._express = self._recent = 0.0
        self._crashed = False

    @property
    def batch_size(self) -> int:
        """The maximum number of records in the next batch."""
        if self._since_express >= _MEMORY_OF_EXPRESS:
            return self._most
        are_many = self._express > _MANY * _RECENT
        return (self._before_many if are_many else self._before_few).batch_size

    def on_batch(self, records: int, took_s: float, *, is_express: bool) -> None:
        """Adapt to a batch; a small one indicates nothing about the time per record."""
        self._since_express = 0 if is_express else self._since_express + 1
        self._recent += records
        self._express += records if is_express else 0
        if self._recent > _RECENT:
            self._recent, self._express = self._recent / 2, self._express / 2
        for size in (self._before_many, self._before_few):
            if records >= size.least and not is_express:
                size.record(records, took_s)

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
