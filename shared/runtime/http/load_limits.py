"""The adaptive batch size, from which the limit on requests in flight follows."""

from dataclasses import dataclass

from shared.runtime.batch_size import BatchSize

TARGET_BATCH_S = 0.25
"""A caller who comes as a batch begins waits for two batches: less than the deadline."""
MIN_BATCH_SIZE = 150
"""Most of a batch's time is the round trip to the database, so smaller batches gain nothing."""
MAX_BATCH_SIZE = 500


@dataclass(slots=True)
class AdaptiveBatchSize(BatchSize):
    """The most submissions in one transaction, as the database can do them.

    Attributes:
        target_s: Seconds that a batch may take.
        least: Lower bound of the size.
        most: Upper bound of the size.
    """

    batch_size: int = 200
    target_s: float = TARGET_BATCH_S
    least: int = MIN_BATCH_SIZE
    most: int = MAX_BATCH_SIZE

    @property
    def max_in_flight(self) -> int:
        """The most concurrent callers: one batch under way and one that waits for it."""
        return 2 * self.batch_size
