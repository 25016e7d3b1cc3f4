"""Delivery worker: claims due deliveries, sends them, and records the outcomes, with retries.

Each channel has a worker. A delivery is committed as ``sending``, with a lease, before the provider
sees the message. After a crash in between its outcome is unknown: when the lease expires, the
delivery is reported as unknown and not sent again.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Literal, Protocol, TypeAlias

import structlog
from opentelemetry.trace import SpanKind

from services.notify.outbound import delivery_event
from services.notify.records import OPTED_OUT, ClaimedDelivery
from services.notify.rendering.renderer import UnknownCityError
from services.notify.rules.model import StoredDelivery
from shared.contract.events import (
    Event,
    NotificationFailed,
    NotificationSent,
    NotificationSuppressed,
    NotificationUnknown,
)
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.ops.metrics import DELIVERIES
from shared.runtime.ops.shutdown import is_set_within
from shared.runtime.ops.tracing import span_below
from shared.runtime.smtp import SendOutcome
from shared.vocabulary import StatusChannel

DeliveryState: TypeAlias = Literal["pending", "sent", "failed", "suppressed", "unknown"]
_RETRY_DELAYS = (
    *(timedelta(seconds=s) for s in (5, 30, 120, 600, 1_800)),
    *[timedelta(hours=1)] * 23,  # a day in all; by then the message is out of date
)


@dataclass(frozen=True, slots=True)
class DeliveryUpdate:
    """The new state of a claimed delivery."""

    stored: StoredDelivery
    state: DeliveryState
    deferrals: int  # number of times that the server deferred it
    reason: str | None = None
    provider_id: str | None = None
    not_before: datetime | None = None  # time of the next attempt; None after the last one
    event: Event | None = None

    @property
    def opts_out(self) -> bool:
        """True when the provider says that the recipient wants no more by the channel."""
        return self.state == "failed" and self.reason == OPTED_OUT


def next_attempt_at(deferrals: int, now: datetime) -> datetime | None:
    """Return the time of the next attempt, or None after a day of retries."""
    return now + _RETRY_DELAYS[deferrals] if deferrals < len(_RETRY_DELAYS) else None


def delivery_update(
    claimed: ClaimedDelivery, outcome: SendOutcome, now: datetime
) -> DeliveryUpdate:
    """Return the new state of a delivery; the outcome of a suppressed message is ignored."""
    stored, deferrals, reason = claimed.stored, claimed.deferrals, outcome.reason
    event: Event
    if why := claimed.suppressed:
        event = delivery_event(NotificationSuppressed, stored, now, reason=why)
        return DeliveryUpdate(stored, "suppressed", deferrals, why, event=event)
    match outcome.result:
        case "accepted":
            name = outcome.provider_id
            event = delivery_event(NotificationSent, stored, now, provider_id=name)
            return DeliveryUpdate(stored, "sent", deferrals, provider_id=name, event=event)
        case "unknown":
            event = delivery_event(NotificationUnknown, stored, now, reason=reason)
            return DeliveryUpdate(stored, "unknown", deferrals, reason, event=event)
        case "unreachable":
            return DeliveryUpdate(stored, "pending", deferrals, reason, not_before=now)
        case "deferred" if retry_at := next_attempt_at(deferrals, now):
            return DeliveryUpdate(stored, "pending", deferrals + 1, reason, not_before=retry_at)
        case "refused" | "deferred":
            event = delivery_event(NotificationFailed, stored, now, reason=reason)
            return DeliveryUpdate(stored, "failed", deferrals, reason, event=event)


log = structlog.get_logger()

PollResult: TypeAlias = Literal["idle", "busy", "unreachable"]

_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_IDLE_PAUSE_S = 0.5
_DATABASE_PAUSE_S = 0.5
_LEASE_CHECK_EVERY_S = 5.0


class Sender(Protocol):
    """Sends the messages of one channel, one at a time."""

    async def connect(self) -> str | None:
        """Connect where the channel keeps a connection; return the reason of a failure, or None."""

    async def send(self, claimed: ClaimedDelivery, address: str, now: datetime) -> SendOutcome:
        """Render and send one message and return the outcome; no failure of the provider raises.

        A jurisdiction that is not in the catalogue raises ``UnknownCityError``.
        """


def _pauses_s() -> Iterator[float]:
    return chain(_PAUSES_S, repeat(_PAUSES_S[-1]))


@dataclass(slots=True)
class Provider:
    """A provider of a channel, behind a circuit breaker; ``clock`` counts monotonic seconds.

    A provider that refuses messages, or leaves their outcome unknown, is paused with growing
    delays; then one message probes it. Meanwhile the next provider sends.
    """

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


class DeliveryQueue(Protocol):
    """Queue of the stored deliveries of one channel; each call is one transaction."""

    async def any_due(self, now: datetime) -> bool:
        """Return True when a delivery is due."""

    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """Lease up to ``limit`` deliveries due by ``now``, the most urgent first.

        Of one person's messages about one case only the oldest is claimed, so that order is kept.
        """

    async def record(self, updates: Sequence[DeliveryUpdate]) -> None:
        """Save the updates of deliveries that this worker holds, and publish their events.

        Idempotent: an update of a delivery that it does not hold changes nothing. Recipients whom
        the provider reports as opted out get no more messages by the channel.
        """

    async def expire_leases(
        self, now: datetime, to_event: Callable[[StoredDelivery], Event]
    ) -> Sequence[StoredDelivery]:
        """Set deliveries with an expired lease to ``unknown``, and publish an event for each."""


@dataclass(slots=True)
class DeliveryWorker:
    """Sends due deliveries of one channel until stopped, one per sender at a time."""

    channel: StatusChannel
    queue: DeliveryQueue
    # In order of preference; a message that one may have taken goes to no other.
    providers: Sequence[Provider]
    lease: timedelta  # time from claim to expiry; longer than the deadline of an attempt
    may_send: Callable[[], bool] = lambda: True
    clock: Callable[[], datetime] = utc_now
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _next_lease_check_s: float = field(default=0.0, init=False)
    _busy: bool = field(default=False, init=False)

    def wake(self) -> None:
        """End the idle pause: a delivery may be due."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until stopped; outages of the provider and the database only cause pauses."""
        while not stopping.is_set():
            self._woken.clear()
            result = await self._poll_or_pause()
            if result == "unreachable":
                await is_set_within(stopping, next_provider(self.providers).pause_s)
            elif result == "idle":
                await is_set_within(self._woken, _IDLE_PAUSE_S)

    async def poll_once(self) -> PollResult:
        """Send at most one due delivery per sender."""
        now = self.clock()
        await self._expire_leases(now)
        if not self.may_send() or not (self._busy or await self.queue.any_due(now)):
            return "idle"  # without a connection to the provider
        provider = next_provider(self.providers)
        if failure := await provider.senders[0].connect():
            return self._unreachable(provider, failure)
        claimed = await self.queue.claim(provider.limit, now, now + self.lease)
        self._busy = bool(claimed)
        if not claimed:
            return "idle"
        outcomes = await asyncio.gather(*map(self._send, provider.senders, claimed))
        await self._record(claimed, outcomes)
        for outcome in outcomes:
            if outcome.result == "unreachable":
                return self._unreachable(provider, outcome.reason)
        if all(outcome.result == "unknown" for outcome in outcomes):
            return self._unreachable(provider, outcomes[0].reason)
        provider.worked()
        return "busy"

    async def _poll_or_pause(self) -> PollResult:
        try:
            return await self.poll_once()
        except (SystemicError, TransientError) as error:
            log.warning("sending_paused", code=error.code, reason=str(error))
            await asyncio.sleep(_DATABASE_PAUSE_S)
            return "busy"

    async def _expire_leases(self, now: datetime) -> None:
        clock = asyncio.get_running_loop().time
        if clock() < self._next_lease_check_s:
            return
        expired = await self.queue.expire_leases(
            now,
            lambda stored: delivery_event(NotificationUnknown, stored, now, reason="abandoned"),
        )
        self._next_lease_check_s = clock() + _LEASE_CHECK_EVERY_S
        for stored in expired:
            _report(stored, "unknown", "abandoned")

    def _unreachable(self, provider: Provider, reason: str) -> PollResult:
        if not provider.is_failing:
            number = self.providers.index(provider) + 1
            log.warning(
                "provider_unreachable", channel=self.channel, provider=number, reason=reason
            )
        provider.failed()
        return "unreachable"

    async def _send(self, sender: Sender, claimed: ClaimedDelivery) -> SendOutcome:
        if claimed.suppressed:
            return SendOutcome("refused", claimed.suppressed)
        if not claimed.is_readable:  # its key may come back: an operator has a day
            log.error("contact_unreadable", notification=claimed.stored.notification_id)
            return SendOutcome("deferred", "contact_unreadable")
        if claimed.address is None:
            return SendOutcome("refused", "contact_gone")
        parent = claimed.stored.delivery.trigger.cause.traceparent
        try:
            with span_below(parent, f"deliver {self.channel}", SpanKind.CLIENT, {}):
                return await sender.send(claimed, claimed.address, self.clock())
        except UnknownCityError:
            return SendOutcome("deferred", "unknown_city")

    async def _record(
        self, claimed: Sequence[ClaimedDelivery], outcomes: Sequence[SendOutcome]
    ) -> None:
        now = self.clock()
        updates = [
            delivery_update(one, outcome, now)
            for one, outcome in zip(claimed, outcomes, strict=True)
        ]
        while True:
            try:
                await self.queue.record(updates)
                break
            except (SystemicError, TransientError) as error:
                log.warning("settling_retried", code=error.code, reason=str(error))
                await asyncio.sleep(_DATABASE_PAUSE_S)
        for update in updates:
            _report(update.stored, update.state, update.reason)


def _report(stored: StoredDelivery, state: DeliveryState, reason: str | None) -> None:
    DELIVERIES.labels(stored.delivery.channel, state).inc()
    if state == "unknown":
        log.error("delivery_unknown", notification=stored.notification_id, reason=reason)
    elif state == "failed":
        log.warning("delivery_failed", notification=stored.notification_id, reason=reason)
