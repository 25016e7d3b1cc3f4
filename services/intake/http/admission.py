"""How many callers are let in per second: fewer than the machine can do, so that a no stays quick.

A service that takes all it can has nothing left for saying no. With a bound below that, the rest
of the machine turns away what is too much.
"""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, Protocol, TypeAlias, get_args

import structlog
from aiohttp import web

from shared.errors import SystemicError, TransientError
from shared.runtime.http.load_shedding import serialize_response
from shared.runtime.http.problem_details import problem_response
from shared.runtime.ops.metrics import SHED
from shared.runtime.postgres import Pool, translate_errors

_AT_ONCE_S = 1.0
"""Who was idle may take what so many seconds bring at once."""


@dataclass(slots=True)
class TokenBucket:
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

    def has_token(self) -> bool:
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


LONGEST_BATCH_S = 0.25
"""Whoever comes as a batch begins waits for two of them: less than their patience."""
FEWEST_AT_ONCE = 150
"""Most of a batch's time is the way to the database and back, so small batches gain nothing."""
MOST_AT_ONCE = 500


@dataclass(slots=True)
class AdaptiveBatchSize:
    """Learns from each batch: larger ones while they are quick, smaller ones when they are slow.

    Attributes:
        most_at_once: How many callers are answered in one transaction.
    """

    batch_size: int = 200

    @property
    def max_in_flight(self) -> int:
        """How many callers there can be: a batch that is under way and one that waits for it."""
        return 2 * self.batch_size

    def record(self, answered: int, took_s: float) -> None:
        """Learn that so many callers got an answer, good or bad, in so many seconds."""
        if took_s > LONGEST_BATCH_S:
            shrunk = int(self.batch_size * max(0.7, LONGEST_BATCH_S / took_s))
            self.batch_size = max(FEWEST_AT_ONCE, shrunk)
        elif answered >= self.batch_size:
            self.batch_size = min(MOST_AT_ONCE, self.batch_size + self.batch_size // 10)


ShedReason: TypeAlias = Literal["busy", "outbox_full", "over_rate"]


class ConcurrencyLimit(Protocol):
    """Knows how many callers can be inside."""

    @property
    def max_in_flight(self) -> int:
        """So many that the last of them does not wait long."""
        ...


class RateLimit(Protocol):
    """Knows how many callers may come in a second."""

    def has_token(self) -> bool:
        """Say whether one more may come now."""
        ...

    def take(self) -> None:
        """Count one more."""
        ...


_REFUSALS = MappingProxyType(
    {
        "busy": ("2", "More is handed in than can be taken. Hand it in again in a moment."),
        "outbox_full": (
            "30",
            "Too much waits to be passed on, so nothing more is taken. Hand it in again later.",
        ),
        "over_rate": ("1", "More is handed in than is taken in a second. Hand it in again."),
    }
)
"""By reason: seconds until a new try makes sense, and what the caller is told."""


@dataclass(slots=True)
class AdmissionControl:
    """Lets callers in while they can expect an answer soon, and turns away all others at once.

    Attributes:
        pace: How many may be inside.
        rate: How many may come in a second.
        outbox_full: Whether nothing more can be kept for Kafka.
    """

    pace: ConcurrencyLimit
    rate: RateLimit
    outbox_full: bool = False
    _inside: int = field(default=0, init=False)

    def try_acquire(self) -> ShedReason | None:
        """Take a place for one caller, or return why they are not let in, counted as told."""
        reason = self._reason()
        if reason is None:
            self._inside += 1
            self.rate.take()
        else:
            _COUNTS[reason].inc()
        return reason

    def try_acquire_early(self) -> bytes | None:
        """Take a place, or return the whole answer to a caller who is not let in."""
        reason = self.try_acquire()
        return None if reason is None else _RAW[reason]

    def release(self) -> None:
        """Give a place back."""
        self._inside -= 1

    @contextmanager
    def slot(self, *, has_place: bool = False) -> Generator[ShedReason | None]:
        """Hold a caller's place until the end; yield the reason if they are not let in.

        Args:
            has_place: Whether they took their place before.
        """
        reason = None if has_place else self.try_acquire()
        try:
            yield reason
        finally:
            if reason is None:
                self.release()

    def _reason(self) -> ShedReason | None:
        if self.outbox_full:
            return "outbox_full"
        if self._inside >= self.pace.max_in_flight:
            return "busy"
        return None if self.rate.has_token() else "over_rate"


def service_unavailable(reason: ShedReason) -> web.Response:
    """Return the answer to a caller who is not let in."""
    retry_after_s, detail = _REFUSALS[reason]
    return problem_response(503, "Not available", detail, headers={"Retry-After": retry_after_s})


_COUNTS = {reason: SHED.labels(reason) for reason in _REFUSALS}
_RAW = {reason: serialize_response(service_unavailable(reason)) for reason in get_args(ShedReason)}


log = structlog.get_logger()

_LOOK_EVERY_S = 1.0
_FULL = """
    SELECT EXISTS (SELECT FROM outbox WHERE NOT published ORDER BY seq OFFSET $1 LIMIT 1)
"""


@dataclass(frozen=True, slots=True)
class OutboxBackpressure:
    """Shuts the door while the outbox is full, and opens it when the relay has made room.

    It looks once a second, so the outbox can grow past the limit by what a second brings.

    Attributes:
        most: How many messages may wait, at least 1.
    """

    pool: Pool
    door: AdmissionControl
    most: int

    async def run(self, stopping: asyncio.Event) -> None:
        """Look until asked to stop; while the database is away the last look counts."""
        while not stopping.is_set():
            with suppress(SystemicError, TransientError):
                await self._look()
            with suppress(TimeoutError):
                await asyncio.wait_for(stopping.wait(), _LOOK_EVERY_S)

    async def _look(self) -> None:
        with translate_errors():
            full = bool(await self.pool.fetchval(_FULL, self.most - 1))
        if full != self.door.outbox_full:
            log.warning("outbox_full" if full else "outbox_has_room", most=self.most)
        self.door.outbox_full = full
