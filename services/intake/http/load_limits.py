"""Load limits that admission control applies: a token bucket and an adaptive batch size."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

TARGET_BATCH_S = 0.25
"""A caller who comes as a batch begins waits for two batches: less than the deadline."""
MIN_BATCH_SIZE = 150
"""Most of a batch's time is the round trip to the database, so smaller batches gain nothing."""
MAX_BATCH_SIZE = 500
_BURST_S = 1.0


@dataclass(slots=True)
class TokenBucket:
    """A token bucket with the capacity of one second, set below what the machine can do.

    The rest of the machine stays free for rejections, which so remain fast.

    Attributes:
        per_second: Tokens that are added per second, at least 1.
        clock: Monotonic seconds.
    """

    per_second: float
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self._capacity
        self._filled_at = self.clock()

    def has_token(self) -> bool:
        """Return True when a token is available; take none."""
        now = self.clock()
        added = (now - self._filled_at) * self.per_second
        self._tokens = min(self._capacity, self._tokens + added)
        self._filled_at = now
        return self._tokens >= 1

    def take(self) -> None:
        """Take a token."""
        self._tokens -= 1

    @property
    def _capacity(self) -> float:
        return self.per_second * _BURST_S


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
