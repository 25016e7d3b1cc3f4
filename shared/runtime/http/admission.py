"""Admission control: accept or refuse a complete submission of an identified caller."""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import structlog

from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.http.rate_limits import TokenBucket
from shared.runtime.http.refusals import ACCEPT_RATE, BUSY, KEY_SHARE, OUTBOX_FULL, Refusal
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.postgres import Pool, translate_errors

log = structlog.get_logger()

_CHECK_EVERY_S = 1.0
_IS_FULL = """
    SELECT coalesce(sum(records), 0) >= $1 FROM outbox_waiting
"""


@dataclass(slots=True)
class AdmissionControl:
    """Admits calls that can expect a response before their deadline, and refuses all others.

    Attributes:
        max_in_flight: Returns the number of slots: the maximum of concurrent calls.
        caller_share: Maximum share of the slots of one caller, but at least one slot; all from 1
            on. Unused slots are free to others.
        within: Outer admission control, of which each call takes a slot as well.
        outbox_full: True while the outbox takes no more messages.
    """

    max_in_flight: Callable[[], int]
    rate_limiter: TokenBucket
    caller_share: float
    within: "AdmissionControl | None" = None
    outbox_full: bool = False
    called: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _in_flight: Counter[str] = field(default_factory=Counter, init=False)

    def try_acquire(self, caller: str) -> Refusal | None:
        """Take a slot for a call of this caller, or return the refusal."""
        self.called.set()
        refusal = self._refusal(caller)
        if refusal is None and self.within:
            refusal = self.within.try_acquire(caller)
        if refusal is None:
            self._in_flight[caller] += 1
            self.rate_limiter.take()
        return refusal

    def release(self, caller: str) -> None:
        """Release a slot of this caller."""
        self._in_flight[caller] -= 1
        if self.within:
            self.within.release(caller)

    def _refusal(self, caller: str) -> Refusal | None:
        if self.outbox_full:
            return OUTBOX_FULL
        slots = self.max_in_flight()
        if self._in_flight[caller] >= max(1, int(slots * self.caller_share)):
            return KEY_SHARE
        if self._in_flight.total() >= slots:
            return BUSY
        return None if self.rate_limiter.has_token() else ACCEPT_RATE


@dataclass(frozen=True, slots=True)
class OutboxBackpressure:
    """Backpressure: stops admission while ``limit`` or more messages wait in the outbox.

    It checks once a second while there are callers or the outbox is full, so the outbox can exceed
    the limit by one second's submissions.
    """

    pool: Pool
    admission: AdmissionControl
    limit: int

    async def run(self, stopping: asyncio.Event) -> None:
        """Check until asked to stop; while the database is down the last result stands."""
        with suppress(StoppedError):
            while True:
                self.admission.called.clear()
                with suppress(SystemicError, TransientError):
                    await self._check()
                await pause(stopping, _CHECK_EVERY_S)
                if not self.admission.outbox_full:
                    await cancel_on_stop(stopping, self.admission.called.wait())

    async def _check(self) -> None:
        with translate_errors():
            is_full = bool(await self.pool.fetchval(_IS_FULL, self.limit))
        if is_full != self.admission.outbox_full:
            log.warning("outbox_full" if is_full else "outbox_has_room", most=self.limit)
        self.admission.outbox_full = is_full
