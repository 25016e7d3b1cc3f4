"""Worker that delivers events to webhooks: one task for each bureau with due events."""

import asyncio
import random
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TypeAlias

import pydantic_core
import structlog
from opentelemetry.trace import SpanKind

from services.dispatch.channels.webhooks.rules import signature
from services.dispatch.channels.webhooks.store import (
    Call,
    Round,
    WebhookDelivery,
    WebhookQueue,
    due_bureaus,
    try_lead,
)
from shared.delivery_attempts import MAX_IN_FLIGHT, Outcome
from shared.errors import StoppedError, SystemicError, TransientError
from shared.runtime.clock import utc_now
from shared.runtime.http.client import OutgoingCalls
from shared.runtime.ops.metrics import WEBHOOK_CALLS
from shared.runtime.ops.shutdown import cancel_on_stop, pause
from shared.runtime.ops.tracing import span_below, tracer
from shared.runtime.postgres import Connection, acquire

_CONTENT_TYPE = "application/cloudevents+json"
_InFlight: TypeAlias = dict[asyncio.Task[Call], int]

log = structlog.get_logger()

_LOOK_EVERY_S = 0.5
_RETRY_S = 1.0
_STOP_WITHIN_S = 2.0


@dataclass(slots=True)
class WebhookWorker:
    """Delivers due events to webhooks, in one process at a time; the others stand by.

    The table holds what is due. After a crash, calls are repeated under the same ids. A bureau that
    is slow or dead blocks its own task alone.
    """

    queue: WebhookQueue
    calls: OutgoingCalls
    _woken: asyncio.Event = field(default_factory=asyncio.Event, init=False)
    _wakes: int = field(default=0, init=False)
    _tasks: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)

    def wake(self) -> None:
        """Look at once: this process added events."""
        self._wakes += 1
        self._woken.set()

    async def run(self, stopping: asyncio.Event) -> None:
        """Deliver until asked to stop; calls in flight then have two seconds to end."""
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
        """Wait for the tasks at a stop; cancel them at once when the lease is lost."""
        if not self._tasks:
            return
        tasks = list(self._tasks.values())
        await asyncio.wait(tasks, timeout=_STOP_WITHIN_S if stopping.is_set() else 0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _deliver(self, bureau: str, stopping: asyncio.Event) -> None:
        """Deliver to one bureau until nothing is due."""
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
        """Deliver a round; return the calls that ended.

        The round ends early after a failure, after half a second, and when there are new events,
        which may be more urgent.
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
        parent = pydantic_core.from_json(delivery.payload).get("traceparent") if tracer() else None
        with span_below(parent, "deliver webhook", SpanKind.CLIENT, {"bureau": bureau}):
            outcome = await call_webhook(
                self.calls, due.url, due.secrets, delivery.event_id, delivery.payload
            )
        WEBHOOK_CALLS.labels(bureau, outcome.error or "delivered").inc()
        return Call(delivery, outcome, random.uniform(-1, 1))  # noqa: S311 - no secret


async def call_webhook(
    calls: OutgoingCalls, url: str, secrets: Sequence[str], event_id: str, body: bytes
) -> Outcome:
    """Send a signed event to a webhook; the content of the answer is ignored."""
    timestamp = int(utc_now().timestamp())
    headers = {
        "Content-Type": _CONTENT_TYPE,
        "webhook-id": event_id,
        "webhook-timestamp": f"{timestamp}",
        "webhook-signature": signature(secrets, event_id, timestamp, body),
    }
    outcome, _ = await calls.send("POST", url, headers, body)
    return outcome
