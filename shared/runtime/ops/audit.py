"""The audit stream: one JSON line per security-relevant event.

The lines go to the logger ``audit`` at any log level, with ``"audit": true``. They name people of
the city, programs, cases and requests; they never hold a key, a contact or the bytes of a record.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import structlog

LOGGER = "audit"

_WINDOW_S = 60.0
_LINES_PER_WINDOW = 10
_MAX_ADDRESSES = 1_000

_log = structlog.get_logger(LOGGER)


def audit(event: str, **fields: object) -> None:
    """Write one event of the audit stream; ``docs/settings.md`` lists the events."""
    _log.info(event, audit=True, **fields)


def _call_later(delay_s: float, call: Callable[[], None]) -> None:
    asyncio.get_running_loop().call_later(delay_s, call)


@dataclass(slots=True)
class RefusalLog:
    """Log of failed authentications or of other refusals, with a rate limit.

    The first 10 of each minute get a line each. The others are counted, and a line at the end of
    the minute has their number, and the number of their addresses (at most 1,000 are counted).
    """

    clock: Callable[[], float] = time.monotonic
    schedule: Callable[[float, Callable[[], None]], None] = _call_later
    event: str = "authentication_failed"
    counted: str = "authentication_failures_counted"
    _window_ends_s: float = field(default=0.0, init=False)
    _lines: int = field(default=0, init=False)
    _counts: Counter[str] = field(default_factory=Counter, init=False)
    _addresses: set[str] = field(default_factory=set, init=False)

    def add(self, address: str | None, reason: str, **fields: object) -> None:
        """Log or count one failure.

        Args:
            address: Of the caller's connection; behind a proxy it is the proxy's.
            reason: A code, such as ``unknown_key``.
        """
        now = self.clock()
        if now >= self._window_ends_s:
            self._summarize()
            self._window_ends_s, self._lines = now + _WINDOW_S, 0
        if self._lines < _LINES_PER_WINDOW:
            self._lines += 1
            audit(self.event, address=address, reason=reason, **fields)
            return
        if not self._counts:
            self.schedule(self._window_ends_s - now, self._summarize)
        self._counts[reason] += 1
        if address and len(self._addresses) < _MAX_ADDRESSES:
            self._addresses.add(address)

    def _summarize(self) -> None:
        if self._counts:
            audit(
                self.counted,
                failures=self._counts.total(),
                reasons=dict(self._counts),
                addresses=len(self._addresses),
            )
        self._counts.clear()
        self._addresses.clear()


_failures = RefusalLog()


_refusals = RefusalLog(event="access_refused", counted="access_refusals_counted")


def authentication_failed(address: str | None, reason: str, **fields: object) -> None:
    """Log a caller without a valid key; see ``RefusalLog``."""
    _failures.add(address, reason, **fields)


def access_refused(address: str | None, reason: str, **fields: object) -> None:
    """Log a caller who may not do what they tried; see ``RefusalLog``."""
    _refusals.add(address, reason, **fields)
