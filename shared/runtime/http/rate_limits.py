"""Limits of callers: token buckets, and what they have open at once."""

import sys
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

# About 3 MB; a caller whose bucket was evicted begins with a full one again.
_MAX_BUCKETS = 10_000


@dataclass(slots=True)
class TokenBucket:
    """A token bucket.

    Attributes:
        per_second: Tokens that are added per second, at least 1.
        burst_s: Seconds of unused tokens that it keeps.
    """

    per_second: float
    clock: Callable[[], float] = time.monotonic
    burst_s: float = 1.0
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self._capacity
        self._filled_at = self.clock()

    def has_token(self, tokens: int = 1) -> bool:
        """Return True when so many tokens are available; take none."""
        now = self.clock()
        added = (now - self._filled_at) * self.per_second
        self._tokens = min(self._capacity, self._tokens + added)
        self._filled_at = now
        return self._tokens >= tokens

    def take(self, tokens: int = 1) -> None:
        """Take tokens."""
        self._tokens -= tokens

    @property
    def _capacity(self) -> float:
        return self.per_second * self.burst_s


@dataclass(slots=True)
class TokenBuckets:
    """A token bucket for each caller; the least recently used ones are evicted."""

    per_second: float
    clock: Callable[[], float] = time.monotonic
    burst_s: float = 1.0
    max_buckets: int = _MAX_BUCKETS
    _buckets: OrderedDict[str, TokenBucket] = field(default_factory=OrderedDict, init=False)

    def has_token(self, caller: str) -> bool:
        """Return True when the caller has a token; take none."""
        bucket = self._buckets.get(caller)
        return bucket is None or bucket.has_token()

    def give_back(self, caller: str) -> None:
        """Refund a token."""
        if bucket := self._buckets.get(caller):
            bucket.take(-1)

    def try_take(self, caller: str, tokens: int = 1) -> bool:
        """Take tokens, at most a full bucket; return False when there are fewer."""
        tokens = min(tokens, max(1, int(self.per_second * self.burst_s)))
        bucket = self._buckets.get(caller)
        if bucket is None:
            bucket = self._buckets[caller] = TokenBucket(self.per_second, self.clock, self.burst_s)
            if len(self._buckets) > self.max_buckets:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(caller)
        if not bucket.has_token(tokens):
            return False
        bucket.take(tokens)
        return True


class LimitReachedError(Exception):
    """A caller has too much open, or all have."""


@dataclass(frozen=True, slots=True)
class OpenLimit:
    """Limits of what is open at once, of one caller and of all."""

    of_one: int
    of_all: int = sys.maxsize
    _open: Counter[str] = field(default_factory=Counter, init=False)

    @contextmanager
    def opened(self, caller: str) -> Generator[None]:
        """Count one more while it is open; raise LimitReachedError at a limit."""
        if self._open[caller] >= self.of_one or self._open.total() >= self.of_all:
            raise LimitReachedError
        self._open[caller] += 1
        try:
            yield
        finally:
            self._open[caller] -= 1
            if not self._open[caller]:
                del self._open[caller]
