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
