"""Pace of a consumer: how many records it takes at once, and whether it is behind."""

import asyncio

from shared.runtime.batch_size import BatchSize

_MANY_WAIT_S, _FEW_WAIT_S = 0.1, 0.03
_LEAST_BEFORE_MANY, _LEAST_BEFORE_FEW = 250, 25
_MANY = 0.05
"""Share of express records from which on they are many."""
_RECENT = 2_000
"""Records whose share counts; older ones count half each time."""
_MEMORY_OF_EXPRESS = 100
"""How many batches after express records the next ones are expected."""
_BATCHES_BEHIND = 2


class Pace:
    """The size of the next batch, and an event that is set while the consumer is behind.

    While express records come, a batch of others is bounded by time, since they wait for the one
    that is under way. Small batches cost more a record. So without express records it has the full
    size, and where they are many, which wait for each other as well, the bound is a wide one.

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
        self._most = most
        self._before_many = BatchSize(most, _MANY_WAIT_S, min(_LEAST_BEFORE_MANY, most), most)
        self._before_few = BatchSize(most, _FEW_WAIT_S, min(_LEAST_BEFORE_FEW, most), most)
        self._since_express = _MEMORY_OF_EXPRESS
        self._express = self._recent = 0.0
        self._crashed = False

    @property
    def batch_size(self) -> int:
        """The most records of the next batch."""
        if self._since_express >= _MEMORY_OF_EXPRESS:
            return self._most
        are_many = self._express > _MANY * _RECENT
        return (self._before_many if are_many else self._before_few).batch_size

    def on_batch(self, records: int, took_s: float, *, is_express: bool) -> None:
        """Adapt to a batch; a small one says nothing about the time that a record takes.

        Args:
            records: The number of its records.
            took_s: Its duration in seconds.
            is_express: Whether they are express records.
        """
        self._since_express = 0 if is_express else self._since_express + 1
        self._recent += records
        self._express += records if is_express else 0
        if self._recent > _RECENT:
            self._recent, self._express = self._recent / 2, self._express / 2
        for size in (self._before_many, self._before_few):
            if records >= size.least and not is_express:
                size.record(records, took_s)

    def on_claim(self, *, has_crashed: bool) -> None:
        """Note new partitions.

        Args:
            has_crashed: Whether a process died at a record of theirs that is not handled yet.
        """
        self._crashed = has_crashed or self._crashed
        self.behind.clear()

    def on_lag(self, records: int) -> None:
        """Note how many records wait."""
        if records <= _BATCHES_BEHIND * self._most:
            self._crashed = False
            self.behind.clear()
        elif not self._crashed:
            self.behind.set()
