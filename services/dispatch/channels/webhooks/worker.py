"""The worker that delivers events to webhooks: one task for each bureau that has work."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TypeAlias

import aiohttp
import structlog

from services.dispatch.channels.webhooks.rules.url import signature
from services.dispatch.channels.webhooks.store.deliveries import (
    Call,
    Round,
    WebhookDelivery,
    WebhookQueue,
    due_bureaus,
    try_lead,
)
from shared.delivery_attempts import MAX_IN_FLIGHT, Outcome
from shared.errors import StoppedError, SystemicError, TransientError
from shared.network_addresses import Network
from shared.runtime.clock import utc_now
from shared.runtime.http.outgoing_calls import NameLookup, OutgoingCalls
from shared.runtime.ops.metrics import WEBHOOK_CALLS
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.postgres import Connection, acquire

_KEPT_OPEN_S = 4.0
_CONTENT_TYPE = "application/cloudevents+json"


@dataclass(frozen=True, slots=True)
class WebhookCaller(OutgoingCalls):
    """Calls webhooks."""

    async def call(self, url: str, secrets: Sequence[str], event_id: str, body: bytes) -> Outcome:
        """Send an event; return what came of it. What the answer holds decides nothing.

        Args:
            body: Bytes of the event.
        """
        headers = _headers(secrets, event_id, body, utc_now())
        outcome, _ = await self.send("POST", url, headers, body)
        return outcome


@asynccontextmanager
async def open_caller(allow: Sequence[Network]) -> AsyncGenerator[WebhookCaller]:
    """Open what calls webhooks.

    Args:
        allow: Networks that are allowed besides the public ones.
    """
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_OPEN_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(),  # each call has its own
        auto_decompress=False,
    ) as session:
        yield WebhookCaller(session, NameLookup().addresses, allow)


def _headers(
    secrets: Sequence[str], event_id: str, body: bytes, now: datetime
) -> Mapping[str, str]:
    timestamp = int(now.timestamp())
    return {
        "Content-Type": _CONTENT_TYPE,
        "webhook-id": event_id,
        "webhook-timestamp": f"{timestamp}",
        "webhook-signature": signature(secrets, event_id, timestamp, body),
    }


_InFlight: TypeAlias = dict[asyncio.Task[Call], int]

log = structlog.get_logger()

_LOOK_EVERY_S = 0.5
_RETRY_S = 1.0
_STOP_WITHIN_S = 2.0


@dataclass(slots=True)
class WebhookWorker:
    """Sends what is due; one process at a time does, the others stand by.

    The table says what is due. A crash in between repeats calls under the same ids. A bureau that
    is slow or dead holds its own task alone.

    Attributes:
        queue: What is to be sent.
    """

    queue: WebhookQueue
    caller: WebhookCaller
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _wakes: int = field(default=0, init=False)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)

    def wake(self) -> None:
        """Look at once: this process has added events."""
        self._wakes += 1
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Send until asked to stop; calls in flight then have a moment to end."""
        with suppress(StoppedError):
            while True:
                try:
                    async with acquire(self.queue.pool) as db:
                        if await try_lead(db):
                            await self._lead(db, stopping)
                except (SystemicError, TransientError) as error:
                    log.warning("webhooks_postponed", code=error.code)
                await pause(stopping, _RETRY_S)

    async def _lead(self, db: Connection, stopping: asyncio.Event) -> None:
        try:
            while not stopping.is_set():
                self._woken.clear()
                for bureau in await due_bureaus(db, utc_now()):
                    if bureau not in self._tasks:
                        task = asyncio.create_task(self._deliver(bureau, stopping))
                        self._tasks[bureau] = task
                        task.add_done_callback(partial(self._forget, bureau))
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_EVERY_S):
                        await cancel_on_stop(stopping, self._woken.wait())
        finally:
            await self._end_tasks(stopping)

    def _forget(self, bureau: str, _: asyncio.Task[None]) -> None:
        del self._tasks[bureau]

    async def _end_tasks(self, stopping: asyncio.Event) -> None:
        """Wait for the tasks at a stop; cancel them at once when the lead is lost."""
        if not self._tasks:
            return
        tasks = list(self._tasks.values())
        await asyncio.wait(tasks, timeout=_STOP_WITHIN_S if stopping.is_set() else 0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, bureau: str, stopping: asyncio.Event) -> None:
        """Send to one bureau until nothing is due."""
        in_flight: _InFlight = {}
        ended: list[Call] = []
        try:
            while True:
                wakes, now = self._wakes, utc_now()
                try:
                    due = await self.queue.next_round(bureau, ended, in_flight.values(), now)
                except (SystemicError, TransientError) as error:
                    log.warning("webhooks_postponed", code=error.code, bureau=bureau)
                    await asyncio.sleep(_RETRY_S)
                    continue
                ended = await self._send(bureau, due, in_flight, wakes, stopping)
                if not (ended or in_flight):
                    return
        finally:
            for task in in_flight:
                task.cancel()
            await asyncio.gather(*in_flight, return_exceptions=True)

    async def _send(
        self, bureau: str, due: Round, in_flight: _InFlight, wakes: int, stopping: asyncio.Event
    ) -> list[Call]:
        """Call with what a round has; return the calls that ended.

        The rest of the round is left to the next one after a failure, when there are new events,
        which may be more urgent, and after half a second.
        """
        ended: list[Call] = []
        waiting = deque(due.deliveries)
        loop = asyncio.get_running_loop()
        until = loop.time() + _LOOK_EVERY_S
        while True:
            while waiting and len(in_flight) < MAX_IN_FLIGHT and not stopping.is_set():
                delivery = waiting.popleft()
                task = asyncio.create_task(self._call(bureau, due, delivery))
                in_flight[task] = delivery.seq
            if not in_flight:
                return ended
            done, _ = await asyncio.wait(
                in_flight, timeout=until - loop.time(), return_when=asyncio.FIRST_COMPLETED
            )
            calls = [task.result() for task in done]
            ended += calls
            for task in done:
                del in_flight[task]
            has_failed = any(call.outcome.error for call in calls)
            if not waiting or has_failed or self._wakes != wakes or loop.time() >= until:
                return ended

    async def _call(self, bureau: str, due: Round, delivery: WebhookDelivery) -> Call:
        outcome = await self.caller.call(due.url, due.secrets, delivery.event_id, delivery.payload)
        WEBHOOK_CALLS.labels(bureau, outcome.error or "delivered").inc()
        return Call(delivery, outcome, random.uniform(-1, 1))  # noqa: S311 - no secret
