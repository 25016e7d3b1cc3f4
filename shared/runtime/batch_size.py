"""A batch size that follows the time which batches take."""

from dataclasses import dataclass


@dataclass(slots=True)
class BatchSize:
    """The most items of a batch: grows while full batches are fast, shrinks when one is slow.

    Attributes:
        target_s: Seconds that a batch may take.
        least: Lower bound of the size.
        most: Upper bound of the size.
    """

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
