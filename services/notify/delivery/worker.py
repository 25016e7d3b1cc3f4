"""Sending what is due: claim, hand over, and settle what came of it.

That a message is being sent is committed before the mail server hears of it. So a crash in between
leaves a message of which nobody knows whether it went out; it is shown and not sent again.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Literal, Protocol, TypeAlias

import structlog

from services.notify import outbound as reports
from services.notify.delivery.mime import build_message, message_id
from services.notify.delivery.updates import (
    ClaimedDelivery,
    DeliveryUpdate,
    Outcome,
    State,
    delivery_update,
)
from services.notify.rendering import MessageRenderer, UnknownCityError
from services.notify.rules.model import StoredDelivery
from shared.contract.events import Event
from shared.errors import SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.ops.metrics import DELIVERIES

log = structlog.get_logger()

PollResult: TypeAlias = Literal["idle", "busy", "unreachable"]

_IDLE_S = 0.5
_UNREACHABLE_PAUSES_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
_DATABASE_PAUSE_S = 0.5
_LOOK_FOR_ABANDONED_EVERY_S = 5.0


class Deliveries(Protocol):
    """The deliveries on record; each call is one transaction."""

    async def any_due(self, now: datetime) -> bool:
        """Whether something waits to be sent."""
        ...

    async def claim(
        self, limit: int, now: datetime, lease_until: datetime
    ) -> Sequence[ClaimedDelivery]:
        """Take up to ``limit`` that are due, the most urgent first, for us alone.

        Of one person's messages about one case only the oldest is taken, so that they go out in
        order.
        """
        ...

    async def settle(self, settlements: Sequence[DeliveryUpdate]) -> None:
        """Note what became of what we claimed, and publish the reports; again changes nothing."""
        ...

    async def expire_leases(
        self, now: datetime, report: Callable[[StoredDelivery], Event]
    ) -> Sequence[StoredDelivery]:
        """Call unknown what somebody claimed and did not settle in time, and report it."""
        ...


class Mailer(Protocol):
    """One connection to the mail server."""

    async def connect(self) -> str | None:
        """Connect if need be; return what hinders it, or None."""
        ...

    async def send(self, mailbox: str, message: bytes) -> Outcome:
        """Give the server one message and return what came of it."""
        ...


@dataclass(slots=True)
class DeliveryWorker:
    """Sends what is due until asked to stop, as many at a time as there are mailers.

    Attributes:
        address: Where messages come from.
        lease: How long after its claim a delivery that nobody settled counts as abandoned; longer
            than a hand-over can take.
        settled: Called after each commit, to wake the relay.
    """

    deliveries: Deliveries
    mailers: Sequence[Mailer]
    wording: MessageRenderer
    address: str
    lease: timedelta
    settled: Callable[[], None]
    clock: Callable[[], datetime] = utc_now
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _look_again_at: float = field(default=0.0, init=False)
    _awaited: bool = field(default=False, init=False)
    _busy: bool = field(default=False, init=False)

    def wake(self) -> None:
        """Say that something may be due."""
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until asked to stop, whatever becomes of the mail server and the database."""
        pauses_s = _growing()
        while not stopping.is_set():
            self._woken.clear()
            turn = await self._patiently()
            if turn == "unreachable":
                await _within(next(pauses_s), stopping)
                continue
            pauses_s = _growing()
            if turn == "idle":
                await _within(_IDLE_S, self._woken)

    async def poll_once(self) -> PollResult:
        """Send one handful of what is due."""
        now = self.clock()
        await self._report_abandoned(now)
        if not (self._busy or await self.deliveries.any_due(now)):
            return "idle"  # and leave the mail server alone
        if hindrance := await self.mailers[0].connect():
            return self._unreachable(hindrance)
        claimed = await self.deliveries.claim(len(self.mailers), now, now + self.lease)
        self._busy = bool(claimed)
        if not claimed:
            return "idle"
        outcomes = await asyncio.gather(*map(self._send, self.mailers, claimed))
        await self._settle(claimed, outcomes)
        for outcome in outcomes:
            if outcome.result == "unreachable":
                return self._unreachable(outcome.reason)
        self._awaited = False
        return "busy"

    async def _patiently(self) -> PollResult:
        try:
            return await self.poll_once()
        except (SystemicError, TransientError) as error:
            log.warning("sending_paused", code=error.code, reason=str(error))
            await asyncio.sleep(_DATABASE_PAUSE_S)
            return "busy"

    async def _report_abandoned(self, now: datetime) -> None:
        clock = asyncio.get_running_loop().time
        if clock() < self._look_again_at:
            return
        ended = await self.deliveries.expire_leases(
            now, lambda kept: reports.unknown(kept, now, "abandoned")
        )
        self._look_again_at = clock() + _LOOK_FOR_ABANDONED_EVERY_S
        for kept in ended:
            _tell("unknown", "abandoned", kept)
        if ended:
            self.settled()

    def _unreachable(self, hindrance: str) -> PollResult:
        if not self._awaited:
            log.warning("mail_server_awaited", reason=hindrance)
        self._awaited = True
        return "unreachable"

    async def _send(self, mailer: Mailer, claimed: ClaimedDelivery) -> Outcome:
        if claimed.mailbox is None:
            return Outcome("refused", "contact_gone")
        try:
            letter = self.wording.render(claimed.particulars)
        except UnknownCityError:
            return Outcome("put_off", "unknown_city")
        message = build_message(
            letter,
            notification_id=claimed.kept.notification_id,
            sender=self.address,
            mailbox=claimed.mailbox,
            now=self.clock(),
        )
        return await mailer.send(claimed.mailbox, message)

    async def _settle(
        self, claimed: Sequence[ClaimedDelivery], outcomes: Sequence[Outcome]
    ) -> None:
        now = self.clock()
        settlements = [
            delivery_update(one, outcome, now, message_id(one.kept.notification_id, self.address))
            for one, outcome in zip(claimed, outcomes, strict=True)
        ]
        while True:
            try:
                await self.deliveries.settle(settlements)
                break
            except (SystemicError, TransientError) as error:
                log.warning("settling_retried", code=error.code, reason=str(error))
                await asyncio.sleep(_DATABASE_PAUSE_S)
        self.settled()
        for one in settlements:
            _tell(one.state, one.reason, one.kept)


def _tell(state: State, reason: str | None, kept: StoredDelivery) -> None:
    DELIVERIES.labels(kept.delivery.channel, state).inc()
    if state == "unknown":
        log.error("delivery_unknown", notification=kept.notification_id, reason=reason)
    elif state == "failed":
        log.warning("delivery_failed", notification=kept.notification_id, reason=reason)


def _growing() -> Iterator[float]:
    return chain(_UNREACHABLE_PAUSES_S, repeat(_UNREACHABLE_PAUSES_S[-1]))


async def _within(seconds: float, event: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
