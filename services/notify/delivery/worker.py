"""Delivery worker: claims due deliveries, sends them, and records the outcomes.

A delivery is committed as ``sending``, with a lease, before the mail server sees the message. A
crash in between leaves a message that may or may not have gone out; when its lease expires it is
reported as unknown and not sent again.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Literal, Protocol, TypeAlias

import structlog

from services.notify.delivery.mime import build_message, message_id
from services.notify.delivery.updates import (
    ClaimedDelivery,
    DeliveryState,
    DeliveryUpdate,
    delivery_update,
)
from services.notify.outbound import delivery_event
from services.notify.rendering import MessageRenderer, UnknownCityError
from services.notify.rules.model import StoredDelivery
from shared.contract.events import Event, NotificationUnknown
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.ops.metrics import DELIVERIES
from shared.runtime.smtp import SendOutcome

log = structlog.get_logger()

PollResult: TypeAlias = Literal["idle", "busy", "unreachable"]

_IDLE_PAUSE_S = 0.5
_UNREACHABLE_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_DATABASE_PAUSE_S = 0.5
_LEASE_CHECK_EVERY_S = 5.0


class DeliveryQueue(Protocol):
    """Queue of stored deliveries; each call is one transaction."""

    async def any_due(self, now: datetime) -> bool:
        """Return True when a delivery is due."""
        ...

    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """Lease up to ``limit`` due deliveries to this queue's worker, the most urgent first.

        Of one person's messages about one case only the oldest is claimed, so that they go out in
        order.

        Args:
            limit: Number of deliveries at most.
            now: Deliveries due until then are claimed, inclusive.
            lease_until: Deadline after which a claimed delivery counts as abandoned.
        """
        ...

    async def record(self, updates: Sequence[DeliveryUpdate]) -> None:
        """Save the updates of deliveries that this worker holds, and publish their events.

        Idempotent: an update of a delivery that it does not hold changes nothing.
        """
        ...

    async def expire_leases(
        self, now: datetime, to_event: Callable[[StoredDelivery], Event]
    ) -> Sequence[StoredDelivery]:
        """Set deliveries with an expired lease to ``unknown``, and publish an event for each."""
        ...


class Mailer(Protocol):
    """One connection to the mail server."""

    async def connect(self) -> str | None:
        """Connect unless connected; return the reason of a failure, or None."""
        ...

    async def send(self, mailbox: str, message: bytes) -> SendOutcome:
        """Send one message and return the outcome; no failure raises."""
        ...


@dataclass(slots=True)
class DeliveryWorker:
    """Sends due deliveries until stopped, one per mailer at a time.

    Attributes:
        queue: The stored deliveries.
        mailers: Connections to the mail server.
        renderer: Renders the messages.
        sender: Sender address.
        lease: Time from claim to expiry; longer than the deadline of a hand-over.
        may_send: False while nothing may be sent yet.
        clock: Source of the present moment.
    """

    queue: DeliveryQueue
    mailers: Sequence[Mailer]
    renderer: MessageRenderer
    sender: str
    lease: timedelta
    may_send: Callable[[], bool] = lambda: True
    clock: Callable[[], datetime] = utc_now
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _next_lease_check_s: float = field(default=0.0, init=False)
    _outage_logged: bool = field(default=False, init=False)
    _busy: bool = field(default=False, init=False)

    def wake(self) -> None:
        """End the idle pause: a delivery may be due."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until stopped; outages of the mail server and the database only cause pauses."""
        backoff_s = _backoff_s()
        while not stopping.is_set():
            self._woken.clear()
            result = await self._poll_or_pause()
            if result == "unreachable":
                await _wait(stopping, next(backoff_s))
                continue
            backoff_s = _backoff_s()
            if result == "idle":
                await _wait(self._woken, _IDLE_PAUSE_S)

    async def poll_once(self) -> PollResult:
        """Send at most one due delivery per mailer."""
        now = self.clock()
        await self._expire_leases(now)
        if not self.may_send() or not (self._busy or await self.queue.any_due(now)):
            return "idle"  # without a connection to the mail server
        if failure := await self.mailers[0].connect():
            return self._unreachable(failure)
        claimed = await self.queue.claim(len(self.mailers), now, now + self.lease)
        self._busy = bool(claimed)
        if not claimed:
            return "idle"
        outcomes = await asyncio.gather(*map(self._send, self.mailers, claimed))
        await self._record(claimed, outcomes)
        for outcome in outcomes:
            if outcome.result == "unreachable":
                return self._unreachable(outcome.reason)
        self._outage_logged = False
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

    def _unreachable(self, reason: str) -> PollResult:
        if not self._outage_logged:
            log.warning("mail_server_awaited", reason=reason)
        self._outage_logged = True
        return "unreachable"

    async def _send(self, mailer: Mailer, claimed: ClaimedDelivery) -> SendOutcome:
        if claimed.mailbox is None:
            return SendOutcome("refused", "contact_gone")
        try:
            rendered = self.renderer.render(claimed.data)
        except UnknownCityError:
            return SendOutcome("deferred", "unknown_city")
        message = build_message(
            rendered,
            notification_id=claimed.stored.notification_id,
            sender=self.sender,
            mailbox=claimed.mailbox,
            now=self.clock(),
        )
        return await mailer.send(claimed.mailbox, message)

    async def _record(
        self, claimed: Sequence[ClaimedDelivery], outcomes: Sequence[SendOutcome]
    ) -> None:
        now = self.clock()
        updates = [
            delivery_update(one, outcome, now, message_id(one.stored.notification_id, self.sender))
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


def _backoff_s() -> Iterator[float]:
    return chain(_UNREACHABLE_PAUSES_S, repeat(_UNREACHABLE_PAUSES_S[-1]))


async def _wait(event: asyncio.Event, timeout_s: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), timeout_s)
