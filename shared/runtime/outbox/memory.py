"""Committed batches in memory, so that the relay need not read them from the table."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from shared.runtime.outbox.outbox import OutboxBatch
from shared.runtime.outgoing import Outgoing


@dataclass(slots=True)
class BatchMemory:
    """Contents of batches by number, up to a limit of bytes; what exceeds it is not kept.

    It is a cache: the table says what is to be published, and in which order.

    Attributes:
        limit_bytes: The most bytes of records.
    """

    limit_bytes: int
    _batches: dict[int, OutboxBatch] = field(default_factory=dict, init=False)
    _bytes: int = field(default=0, init=False)

    def add(self, batch: OutboxBatch) -> None:
        """Keep the batch if there is room."""
        if self._bytes + batch.bytes <= self.limit_bytes:
            self._batches[batch.seq] = batch
            self._bytes += batch.bytes

    def take(self, seq: int, count: int) -> Sequence[Outgoing] | None:
        """Remove a batch; return its records, or None when it is not here.

        Args:
            seq: Number of the batch.
            count: How many records the table says it has. A batch that has lost some there,
                because they were erased, is not here any more.
        """
        batch = self._batches.pop(seq, None)
        if batch is None:
            return None
        self._bytes -= batch.bytes
        return batch.records if len(batch.records) == count else None

    def drop_before(self, seq: int) -> None:
        """Remove the batches with lower numbers, to be called with the lowest that still waits.

        They were erased, or read from the table and published before they came here.
        """
        for earlier in [number for number in self._batches if number < seq]:
            self._bytes -= self._batches.pop(earlier).bytes

    def clear(self) -> None:
        """Remove all."""
        self._batches.clear()
        self._bytes = 0
