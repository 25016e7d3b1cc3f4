"""Admission control: accept or shed a submission that is read and whose caller is known."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias, get_args

import structlog
from aiohttp import web

from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.http.http_bytes import serialize_response
from shared.runtime.http.problem_details import problem_response
from shared.runtime.http.rate_limits import TokenBucket
from shared.runtime.ops.metrics import SHED
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.postgres import Pool, translate_errors

log = structlog.get_logger()

ShedReason: TypeAlias = Literal["busy", "outbox_full", "over_rate"]

_RESPONSES = MappingProxyType(
    {
        "busy": ("2", "More is handed in than can be taken. Hand it in again in a moment."),
        "outbox_full": (
            "30",
            "Too much waits to be passed on, so nothing more is taken. Hand it in again later.",
        ),
        "over_rate": ("1", "More is handed in than is taken in a second. Hand it in again."),
    }
)
"""By reason: ``Retry-After`` in seconds, and the detail for the caller."""
_CHECK_EVERY_S = 1.0
_IS_FULL = """
    SELECT coalesce(sum(records), 0) >= $1 FROM outbox_waiting
"""


@dataclass(slots=True)
class AdmissionControl:
    """Admits callers who can expect a response before their deadline, and sheds all others.

    Attributes:
        max_in_flight: Returns the most concurrent callers.
        rate_limiter: Limits callers per second.
        outbox_full: True while no more messages can be kept for Kafka.
        called: Set by every caller.
    """

    max_in_flight: Callable[[], int]
    rate_limiter: TokenBucket
    outbox_full: bool = False
    called: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _in_flight: int = field(default=0, init=False)

    def try_acquire(self) -> ShedReason | None:
        """Take a slot for one caller, or count a shed caller and return the reason."""
        self.called.set()
        reason = self._shed_reason()
        if reason is None:
            self._in_flight += 1
            self.rate_limiter.take()
        else:
            _SHED_COUNTS[reason].inc()
        return reason

    def try_acquire_early(self) -> bytes | None:
        """Take a slot, or return the whole HTTP response for a shed caller."""
        reason = self.try_acquire()
        return None if reason is None else _RAW_RESPONSES[reason]

    def release(self) -> None:
        """Give a slot back."""
        self._in_flight -= 1

    @contextmanager
    def slot(self, *, is_acquired: bool = False) -> Generator[ShedReason | None]:
        """Hold a slot for the duration of the block; yield the reason for a shed caller.

        Args:
            is_acquired: True when the caller's slot was taken before.
        """
        reason = None if is_acquired else self.try_acquire()
        try:
            yield reason
        finally:
            if reason is None:
                self.release()

    def _shed_reason(self) -> ShedReason | None:
        if self.outbox_full:
            return "outbox_full"
        if self._in_flight >= self.max_in_flight():
            return "busy"
        return None if self.rate_limiter.has_token() else "over_rate"


def service_unavailable(reason: ShedReason) -> web.Response:
    """Return the 503 response for a shed caller."""
    retry_after_s, detail = _RESPONSES[reason]
    return problem_response(503, "Not available", detail, headers={"Retry-After": retry_after_s})


_SHED_COUNTS = {reason: SHED.labels(reason) for reason in _RESPONSES}
_RAW_RESPONSES = {
    reason: serialize_response(service_unavailable(reason)) for reason in get_args(ShedReason)
}


@dataclass(frozen=True, slots=True)
class OutboxBackpressure:
    """Stops admission while the outbox is full.

    It checks once a second while there are callers or the outbox is full, so the outbox can exceed
    the limit by one second's submissions.

    Attributes:
        pool: Database with the outbox.
        admission: Stopped while the outbox is full.
        limit: The most messages that may wait, at least 1.
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
