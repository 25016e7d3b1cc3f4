"""How many callers are let in per second: fewer than the machine can do, so that a no stays quick.

A service that takes all it can has nothing left for saying no. With a bound below that, the rest
of the machine turns away what is too much.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

_AT_ONCE_S = 1.0
"""Who was idle may take what so many seconds bring at once."""


@dataclass(slots=True)
class AcceptRate:
    """A token bucket: it fills by ``per_second`` and holds what one second brings.

    Attributes:
        per_second: Callers, at least 1.
        clock: Seconds that only grow.
    """

    per_second: float
    clock: Callable[[], float] = time.monotonic
    _tokens: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._tokens = self._most
        self._filled_at = self.clock()

    def has_room(self) -> bool:
        """Say whether one more may come now."""
        now = self.clock()
        self._tokens = min(self._most, self._tokens + (now - self._filled_at) * self.per_second)
        self._filled_at = now
        return self._tokens >= 1

    def take(self) -> None:
        """Count one more."""
        self._tokens -= 1

    @property
    def _most(self) -> float:
        return self.per_second * _AT_ONCE_S
