"""Webhook delivery: classification of responses, retry schedule and circuit breaker."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Literal, TypeAlias

BreakerState: TypeAlias = Literal["closed", "open", "half_open"]
DeliveryState: TypeAlias = Literal["pending", "delivered", "parked"]

MAX_IN_FLIGHT = 16

# Deliveries read from the table beyond the free slots, unless the last call failed.
READ_AHEAD = 48

FAILURES_TO_OPEN = 5
PROBE_EVERY = timedelta(seconds=30)

# Delays after the first attempts; the last one repeats.
WAITS: Sequence[timedelta] = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
)

JITTER = 0.2
GIVE_UP_AFTER = timedelta(hours=72)
MAX_RETRY_AFTER = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a call; ``error`` is None for a delivery."""

    at: datetime
    duration_ms: int
    status: int | None
    error: str | None
    retry_after: timedelta | None = None

    @property
    def is_gone(self) -> bool:
        """True when the bureau wants no more calls."""
        return self.status == HTTPStatus.GONE


def error_of(status: int) -> str | None:
    """Return why a response with this status is a failure; None for a delivery."""
    if status == HTTPStatus.GONE:
        return "gone"
    match status // 100:
        case 2:
            return None
        case 3:
            return "redirect_not_followed"
        case _:
            return "refused"


def parse_retry_after(value: str | None, now: datetime) -> timedelta | None:
    """Parse a ``Retry-After`` header, seconds or a date, as a delay of at most an hour."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit():
        seconds = int(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except ValueError:
            return None
        seconds = int((moment.replace(tzinfo=moment.tzinfo or UTC) - now).total_seconds())
    return min(max(timedelta(seconds=seconds), timedelta()), MAX_RETRY_AFTER)


@dataclass(frozen=True, slots=True)
class Breaker:
    """A circuit breaker; when open it allows a probe call at ``probe_at``."""

    failures: int = 0
    probe_at: datetime | None = None

    def state(self, now: datetime) -> BreakerState:
        """Return the state at a moment."""
        if self.probe_at is None:
            return "closed"
        return "half_open" if now >= self.probe_at else "open"

    def slots(self, in_flight: int, now: datetime) -> int:
        """Return how many more calls may begin beside those in flight."""
        match self.state(now):
            case "closed":
                return MAX_IN_FLIGHT - in_flight
            case "half_open":
                return 0 if in_flight else 1
            case _:
                return 0

    def after(self, outcome: Outcome) -> "Breaker":
        """Return the breaker after a call."""
        if outcome.error is None:
            return Breaker()
        failures = self.failures + 1
        if failures < FAILURES_TO_OPEN:
            return Breaker(failures)
        wait = max(PROBE_EVERY, outcome.retry_after or PROBE_EVERY)
        return Breaker(failures, max(self.probe_at or outcome.at, outcome.at + wait))


@dataclass(frozen=True, slots=True)
class Progress:
    """State of a delivery; ``due_at`` is the next attempt of a pending one."""

    attempts: int
    first_at: datetime | None
    state: DeliveryState
    due_at: datetime


def progress_after(before: Progress, outcome: Outcome, jitter: float) -> Progress:
    """Return the state of a delivery after a call; ``jitter`` is from -1 to 1."""
    attempts, first_at = before.attempts + 1, before.first_at or outcome.at
    if outcome.error is None:
        return Progress(attempts, first_at, "delivered", outcome.at)
    wait = WAITS[min(attempts, len(WAITS)) - 1] * (1 + JITTER * jitter)
    due_at = outcome.at + (wait if outcome.retry_after is None else outcome.retry_after)
    gives_up = not outcome.is_gone and due_at > first_at + GIVE_UP_AFTER
    return Progress(attempts, first_at, "parked" if gives_up else "pending", due_at)
