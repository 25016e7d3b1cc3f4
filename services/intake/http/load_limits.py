"""The adaptive batch size, from which the limit on requests in flight follows."""

from dataclasses import dataclass

TARGET_BATCH_S = 0.25
"""A caller who comes as a batch begins waits for two batches: less than the deadline."""
MIN_BATCH_SIZE = 150
"""Most of a batch's time is the round trip to the database, so smaller batches gain nothing."""
MAX_BATCH_SIZE = 500


@dataclass(slots=True)
class AdaptiveBatchSize:
    """Adapts the batch size to the database: larger while batches are fast, smaller when slow.

    Attributes:
        batch_size: The most submissions in one transaction.
    """

    batch_size: int = 200

    @property
    def max_in_flight(self) -> int:
        """The most concurrent callers: one batch under way and one that waits for it."""
        return 2 * self.batch_size

    def record(self, answered: int, took_s: float) -> None:
        """Adapt to a batch of ``answered`` callers, failed ones included, and its duration."""
        if took_s > TARGET_BATCH_S:
            shrunk = int(self.batch_size * max(0.7, TARGET_BATCH_S / took_s))
            self.batch_size = max(MIN_BATCH_SIZE, shrunk)
        elif answered >= self.batch_size:
            self.batch_size = min(MAX_BATCH_SIZE, self.batch_size + self.batch_size // 10)
