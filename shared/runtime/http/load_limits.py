"""Adaptive batch size, which determines the limit on requests in flight."""

from dataclasses import dataclass

from shared.runtime.batch_size import BatchSize

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
