"""Circuit breakers: the first provider of a channel that works is used.

A provider that refuses messages, or leaves their outcome unknown, is paused with growing delays;
then one message probes it. Meanwhile the next provider sends.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, repeat
from typing import Protocol

from services.notify.records import ClaimedDelivery
from shared.runtime.smtp import SendOutcome

_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)


class Sender(Protocol):
    """Sends the messages of one channel, one at a time."""

    async def connect(self) -> str | None:
        """Connect where the channel keeps a connection; return the reason of a failure, or None."""
        ...

    async def send(self, claimed: ClaimedDelivery, address: str, now: datetime) -> SendOutcome:
        """Render and send one message and return the outcome; no failure of the provider raises.

        Raises:
            UnknownCityError: The request's jurisdiction is not in the catalogue.
        """
        ...


def _pauses_s() -> Iterator[float]:
    return chain(_PAUSES_S, repeat(_PAUSES_S[-1]))


@dataclass(slots=True)
class Provider:
    """A provider and its circuit breaker; ``clock`` counts monotonic seconds."""

    senders: Sequence[Sender]
    clock: Callable[[], float] = time.monotonic
    is_failing: bool = field(default=False, init=False)
    _retry_at: float = field(default=0.0, init=False)
    _pauses: Iterator[float] = field(default_factory=_pauses_s, init=False)

    @property
    def pause_s(self) -> float:
        """Seconds until the next probe; 0 when the provider may be used."""
        return max(0.0, self._retry_at - self.clock()) if self.is_failing else 0.0

    @property
    def limit(self) -> int:
        """Maximum number of messages at a time."""
        return 1 if self.is_failing else len(self.senders)

    def failed(self) -> None:
        """Open the circuit: pause the provider."""
        self.is_failing = True
        self._retry_at = self.clock() + next(self._pauses)

    def worked(self) -> None:
        """Close the circuit."""
        if self.is_failing:
            self.is_failing, self._pauses = False, _pauses_s()


def next_provider(providers: Sequence[Provider]) -> Provider:
    """Return the first usable provider, else the one that is probed first."""
    return min(providers, key=lambda provider: provider.pause_s)
