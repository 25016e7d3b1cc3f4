"""Adaptive batch size."""

from dataclasses import dataclass


@dataclass(slots=True)
class BatchSize:
    """Batch size that grows while full batches are within ``target_s``, else it shrinks."""

    batch_size: int
    target_s: float
    least: int
    most: int

    def record(self, count: int, took_s: float) -> None:
        """Adapt to a batch of ``count`` items, failed ones included, and its duration."""
        if took_s > self.target_s:
            shrunk = int(self.batch_size * max(0.7, self.target_s / took_s))
            self.batch_size = max(self.least, shrunk)
        elif count >= self.batch_size:
            self.batch_size = min(self.most, self.batch_size + self.batch_size // 10)


# A caller who arrives as a batch begins waits for two batches: less than the deadline.
TARGET_BATCH_S = 0.25

# Most of a batch's time is the database round trip, so smaller batches gain nothing.
MIN_BATCH_SIZE = 150

MAX_BATCH_SIZE = 500


@dataclass(slots=True)
class AdaptiveBatchSize(BatchSize):
    """Maximum submissions in one transaction, adapted to the database's speed."""

    batch_size: int = 200
    target_s: float = TARGET_BATCH_S
    least: int = MIN_BATCH_SIZE
    most: int = MAX_BATCH_SIZE

    @property
    def max_in_flight(self) -> int:
        """Maximum concurrent calls: one batch in progress and one that waits for it."""
        return 2 * self.batch_size
