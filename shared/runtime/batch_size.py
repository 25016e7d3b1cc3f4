"""Adaptive size of batches, and of the time in which they gather."""

from dataclasses import dataclass, field
from math import exp, inf


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


@dataclass(slots=True)
class Gathering:
    """Time after a batch in which the next one gathers, longer while many items come.

    A batch costs more than its items, so that many items share one; few are not kept waiting.

    Attributes:
        least_s: Seconds while at most ``few`` items come in a second.
        most_s: Seconds while ``many`` or more come.
    """

    least_s: float
    most_s: float
    few: float = 100
    many: float = 400
    _rate: float = field(default=0.0, init=False)
    _counted_at: float = field(default=-inf, init=False)

    def after(self, count: int, now_s: float) -> float:
        """Count the items of a batch at a time of the monotonic clock; return the seconds."""
        self._rate = self._rate * exp(self._counted_at - now_s) + count
        self._counted_at = now_s
        share = (self._rate - self.few) / (self.many - self.few)
        return self.least_s + min(1.0, max(0.0, share)) * (self.most_s - self.least_s)
